/**
 * Logging out: revoked at the provider, forgotten here.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeEach(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function revocations(): number {
  return server.seen.filter(({ route, status }) => route === "revocation" && status === 200).length;
}

test("logout revokes the refresh token, after which the access token is dead too (STANDARDS 55)", async () => {
  const token = await readToken(sandbox, ["local"]);
  expect((await sandbox.run(["logout", "local"])).status).toBe(0);
  expect(revocations()).toBeGreaterThan(0);
  expect((await server.userinfo(token)).status).toBe(401);
});

test("after logout, token ends with 4 and status is empty", async () => {
  await sandbox.run(["logout", "local"]);
  expect((await sandbox.run(["token", "local"])).status).toBe(4);
  expect(JSON.parse((await sandbox.run(["status", "--json"])).stdout)).toEqual([]);
});

test("logout --local forgets without a word to the provider", async () => {
  const token = await readToken(sandbox, ["local"]);
  expect((await sandbox.run(["logout", "local", "--local"])).status).toBe(0);
  expect(revocations()).toBe(0);
  expect((await server.userinfo(token)).status).toBe(200);
  expect((await sandbox.run(["token", "local"])).status).toBe(4);
});

test("logout --all forgets every account", async () => {
  await logIn(sandbox, ["local/work"]);
  expect((await sandbox.run(["logout", "--all"])).status).toBe(0);
  expect(JSON.parse((await sandbox.run(["status", "--json"])).stdout)).toEqual([]);
  expect(revocations()).toBeGreaterThanOrEqual(2);
});

test("logout of one account leaves the others", async () => {
  await logIn(sandbox, ["local/work"]);
  await sandbox.run(["logout", "local/work"]);
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});

test("a provider that cannot be reached does not keep the account alive here (STANDARDS 56)", async () => {
  await server[Symbol.asyncDispose]();
  const { stderr } = await sandbox.run(["logout", "local"]);
  expect(stderr).not.toBe("");
  expect((await sandbox.run(["token", "local"])).status).toBe(4);
});
