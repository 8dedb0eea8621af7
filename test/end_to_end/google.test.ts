/**
 * Google's rules, through the built-in entry with its endpoints moved to a strict stand-in.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { begin, logIn, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { GOOGLE_CLIENT, startGoogleServer, type GoogleServer } from "../servers/google.ts";
import { signIn } from "../servers/person.ts";

let server: GoogleServer;
let sandbox: Sandbox;

beforeEach(async () => {
  [server, sandbox] = await Promise.all([startGoogleServer(), createSandbox()]);
  await sandbox.replaceRegistry(server.registry);
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test("the authorization address has every parameter that brings a refresh token", async () => {
  const { url } = await begin(sandbox, ["google"]);
  const { searchParams, pathname } = new URL(url);
  expect(pathname).toBe("/o/oauth2/v2/auth");
  expect(Object.fromEntries(searchParams)).toMatchObject({
    response_type: "code",
    client_id: GOOGLE_CLIENT.id,
    redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+/),
    scope: expect.stringContaining("openid"),
    access_type: "offline",
    prompt: "consent",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
    state: expect.stringMatching(/^[\w-]{43,}$/),
  });
  expect(url).not.toContain(GOOGLE_CLIENT.secret);
});

test("a login by callback on a free port of 127.0.0.1 keeps every rule, and the token works (STANDARDS 3, 5)", async () => {
  const { status, stderr } = await logIn(sandbox, ["google"]);
  expect({ status, stderr, violations: server.violations }).toMatchObject({ status: 0, violations: [] });
  expect(server.accepts(await readToken(sandbox, ["google"]))).toBe(true);
});

test("a bot begins, the person pastes, and the configuration carries oauth_token", async () => {
  const { url } = await begin(sandbox, ["google"]);
  const { stdout, status } = await sandbox.run(["finish", "--format", "config"], {
    input: await signIn(url),
  });
  expect(status).toBe(0);
  const token = await readToken(sandbox, ["google"]);
  expect(JSON.parse(stdout)).toEqual({
    providers: {
      google: { oauth_token: token, token_type: "oauth", expires_at: expect.any(Number), account: "default" },
    },
  });
  expect(server.violations).toEqual([]);
});

test("refreshes send the secret, and the one refresh token stays (STANDARDS 19)", async () => {
  await logIn(sandbox, ["google"]);
  expect((await sandbox.run(["refresh", "google"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "google"])).status).toBe(0);
  const sent = server.calls.flatMap(({ parameters }) => parameters["refresh_token"] ?? []);
  expect(sent).toHaveLength(2);
  expect(new Set(sent).size).toBe(1);
  expect(server.accepts(await readToken(sandbox, ["google"]))).toBe(true);
  expect(server.violations).toEqual([]);
});

test("status names the person by their address", async () => {
  await logIn(sandbox, ["google"]);
  const [account] = JSON.parse((await sandbox.run(["status", "--json"])).stdout) as unknown[];
  expect(account).toMatchObject({ provider: "google", display: "alice@example.test", refreshable: true });
});

test("logout revokes", async () => {
  await logIn(sandbox, ["google"]);
  const token = await readToken(sandbox, ["google"]);
  expect((await sandbox.run(["logout", "google"])).status).toBe(0);
  expect(server.accepts(token)).toBe(false);
  expect(server.violations).toEqual([]);
});

test("without a client, login without a terminal says where to create one, and ends with 2", async () => {
  const { status, stdout, stderr } = await sandbox.run(["login", "google"], {
    environment: { KEYFOB_REGISTRY: "" },
  });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("https://console.cloud.google.com/apis/credentials");
});
