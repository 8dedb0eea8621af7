/**
 * Clients with a secret, at a server that insists on their one way to authenticate.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { logIn, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { BASIC_CLIENT, POST_CLIENT, startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function entry(client: { id: string; secret: unknown }, method: string): Record<string, unknown> {
  return {
    issuer: server.issuer,
    client_id: client.id,
    client_secret: client.secret,
    client_secret_use: "required",
    token_endpoint_auth_methods_supported: [method],
    scopes: ["openid", "email", "offline_access"],
  };
}

/** Log in, refresh, use, log out: every request that authenticates the client. */
async function liveALife(account: string): Promise<void> {
  expect((await logIn(sandbox, [account])).status).toBe(0);
  expect((await sandbox.run(["refresh", account])).status).toBe(0);
  expect((await server.userinfo(await readToken(sandbox, [account]))).status).toBe(200);
  expect((await sandbox.run(["logout", account])).status).toBe(0);
}

/** The id in an `Authorization: Basic` header, where both halves are form-encoded (RFC 6749 section 2.3.1). */
function basicId(authorization: string | undefined): string | undefined {
  const [id] = atob(authorization?.replace(/^Basic /, "") ?? "").split(":");
  return id === undefined ? undefined : decodeURIComponent(id);
}

function requestsOf(clientId: string): typeof server.seen {
  const requests = server.seen.filter(({ route }) => route === "token" || route === "revocation");
  return requests.filter(
    ({ parameters, authorization }) =>
      parameters["client_id"] === clientId || basicId(authorization) === clientId,
  );
}

test("client_secret_basic: id and secret form-encoded in the header, never in the body (STANDARDS 63)", async () => {
  await sandbox.writeRegistry({ basic: entry(BASIC_CLIENT, "client_secret_basic") });
  await liveALife("basic");
  const requests = requestsOf(BASIC_CLIENT.id);
  expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(requests.every(({ authorization }) => authorization?.startsWith("Basic ") === true)).toBe(true);
  expect(requests.some(({ parameters }) => "client_secret" in parameters)).toBe(false);
});

test("client_secret_post: id and secret in the body, no header", async () => {
  await sandbox.writeRegistry({ post: entry(POST_CLIENT, "client_secret_post") });
  await liveALife("post");
  const requests = requestsOf(POST_CLIENT.id);
  expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(requests.every(({ authorization }) => authorization === undefined)).toBe(true);
});

test("the secret may stand in a file, an environment variable, or come from a command", async () => {
  const path = join(sandbox.folder, "secret");
  await Bun.write(path, `${POST_CLIENT.secret}\n`, { mode: 0o600 });
  const sources = { file: { file: path }, command: { command: ["cat", path] }, env: { env: "ACME_SECRET" } };
  for (const [name, secret] of Object.entries(sources)) {
    await sandbox.writeRegistry({ [name]: entry({ id: POST_CLIENT.id, secret }, "client_secret_post") });
    const { status, stderr } = await logIn(sandbox, [name], {
      environment: { ACME_SECRET: POST_CLIENT.secret },
    });
    expect({ name, status, stderr }).toMatchObject({ name, status: 0 });
  }
});

test("the client of another entry is not sent where a one-line edit points", async () => {
  await sandbox.writeRegistry({
    real: { ...entry(POST_CLIENT, "client_secret_post"), issuer: "https://id.example", discovery: "off" },
    moved: { extends: "real", issuer: server.issuer, discovery: "fill" },
  });
  const before = server.seen.length;
  const { status, stderr } = await sandbox.run(["login", "moved", "--timeout", "2s"]);
  expect(status).toBe(2);
  expect(stderr).not.toContain(POST_CLIENT.secret);
  expect(
    server.seen.slice(before).filter(({ route }) => route === "token" || route === "authorization"),
  ).toEqual([]);
});
