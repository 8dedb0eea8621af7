/**
 * OpenAI's rules, through the built-in entry with its endpoints moved to a strict stand-in.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { begin, logIn, readToken, startLogin } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { OPENAI_REDIRECTS, startOpenaiServer, type OpenaiServer } from "../servers/openai.ts";
import { signIn } from "../servers/person.ts";

let server: OpenaiServer;
let sandbox: Sandbox;

beforeEach(async () => {
  [server, sandbox] = await Promise.all([startOpenaiServer(), createSandbox()]);
  await sandbox.replaceRegistry(server.registry);
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Takes a port of localhost, as another program would. */
function occupy(port: number): AsyncDisposable {
  const held = Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response("somebody else") });
  return { [Symbol.asyncDispose]: () => held.stop(true) };
}

test("the authorization address has every required parameter, each with its exact value", async () => {
  const { url } = await begin(sandbox, ["openai"]);
  const { searchParams, pathname } = new URL(url);
  expect(pathname).toBe("/oauth/authorize");
  const { state, code_challenge: challenge, nonce: _nonce, ...fixed } = Object.fromEntries(searchParams);
  expect(fixed).toEqual({
    response_type: "code",
    client_id: "app_stand_in",
    redirect_uri: OPENAI_REDIRECTS[0],
    scope: "openid profile email offline_access",
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: "keyfob",
  });
  expect(state).toMatch(/^[\w-]{43,}$/);
  expect(challenge).toMatch(/^[\w-]{43}$/);
});

test("a login by callback on port 1455 keeps every rule, and the token works", async () => {
  const { status, url, stderr } = await logIn(sandbox, ["openai"]);
  expect({ status, stderr, violations: server.violations }).toMatchObject({ status: 0, violations: [] });
  expect(url.searchParams.get("redirect_uri")).toBe(OPENAI_REDIRECTS[0]);
  expect(server.accepts(await readToken(sandbox, ["openai"]))).toBe(true);
});

test("where 1455 is taken, 1457 is used, and never another port", async () => {
  await using _held = occupy(1455);
  const { status, url } = await logIn(sandbox, ["openai"]);
  expect(url.searchParams.get("redirect_uri")).toBe(OPENAI_REDIRECTS[1]);
  expect(status).toBe(0);
  expect(server.violations).toEqual([]);
});

test("where both ports are taken, pasting still works", async () => {
  await using _first = occupy(1455);
  await using _second = occupy(1457);
  const { running, url } = await startLogin(sandbox, ["openai"]);
  await using _running = running;
  running.write(`${await signIn(url.href)}\n`);
  expect((await running.outcome).status).toBe(0);
  expect(server.violations).toEqual([]);
});

test("a bot begins, the person pastes, and the configuration carries oauth_token", async () => {
  const { url } = await begin(sandbox, ["openai"]);
  const { stdout, status } = await sandbox.run(["finish", "--format", "config"], {
    input: await signIn(url),
  });
  expect(status).toBe(0);
  const token = await readToken(sandbox, ["openai"]);
  expect(JSON.parse(stdout)).toEqual({
    providers: {
      openai: { oauth_token: token, token_type: "oauth", expires_at: expect.any(Number), account: "default" },
    },
  });
  expect(server.accepts(token)).toBe(true);
  expect(server.violations).toEqual([]);
});

test("a refresh is JSON, rotates, and keeps every rule", async () => {
  await logIn(sandbox, ["openai"]);
  const before = await readToken(sandbox, ["openai"]);
  expect((await sandbox.run(["refresh", "openai"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "openai"])).status).toBe(0);
  const after = await readToken(sandbox, ["openai"]);
  expect(after).not.toBe(before);
  expect(server.accepts(after)).toBe(true);
  expect(server.count("refresh_token")).toBe(2);
  expect(server.violations).toEqual([]);
});

test("a refresh token that was used elsewhere is final: exit 4", async () => {
  await logIn(sandbox, ["openai"]);
  await sandbox.run(["refresh", "openai"]);
  server.spendRefreshTokens();
  const { status, stderr } = await sandbox.run(["refresh", "openai"]);
  expect(status).toBe(4);
  expect(stderr).toContain("keyfob login openai");
  expect(server.count("refresh_token")).toBe(2);
});

test("status names the person by their address", async () => {
  await logIn(sandbox, ["openai"]);
  const [account] = JSON.parse((await sandbox.run(["status", "--json"])).stdout) as unknown[];
  expect(account).toMatchObject({ provider: "openai", display: "alice@example.test", refreshable: true });
});

test("logout revokes with JSON, and keeps every rule", async () => {
  await logIn(sandbox, ["openai"]);
  const token = await readToken(sandbox, ["openai"]);
  expect((await sandbox.run(["logout", "openai"])).status).toBe(0);
  expect(server.accepts(token)).toBe(false);
  expect(server.violations).toEqual([]);
});

test("the built-in client is not sent to endpoints that an edit moved", async () => {
  const moved = JSON.parse(server.registry) as { providers: { openai: { client_id?: string } } };
  delete moved.providers.openai.client_id;
  await sandbox.replaceRegistry(JSON.stringify(moved));
  const { status, stdout } = await sandbox.run(["login", "openai", "--begin"]);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(server.calls).toEqual([]);
});
