/**
 * Logging out: revoked at the provider, forgotten here.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { mountSmallDisk } from "../proof/small_disk.ts";
import type { OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("test", async (machine) => {
  ({ server, sandbox } = machine);
  await logIn(sandbox, ["local"]);
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

test("on a read-only disk nothing is revoked, and the login works on", async () => {
  await using machine = await createSandbox();
  using disk = mountSmallDisk(machine.home, 4000);
  await machine.writeRegistry({ local: publicEntry(server) });
  await logIn(machine, ["local"]);
  disk.setReadOnly();
  const { stderr, status } = await machine.run(["logout", "local"]);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("Cannot use the vault"),
  });
  expect(revocations()).toBe(0);
  expect((await server.userinfo(await readToken(machine, ["local"]))).status).toBe(200);
});

test("logout --all forgets what cannot be read, too", async () => {
  await logIn(sandbox, ["local/torn"]);
  const database = new Database(join(sandbox.home, "vault.db"), { readwrite: true });
  database.run("UPDATE account SET sealed = substr(sealed, 1, 40) WHERE label = 'torn'");
  database.close();
  const { stdout, status } = await sandbox.run(["logout", "--all", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { account: "default", forgotten: true, revoked: true },
    {
      account: "torn",
      forgotten: true,
      revoked: false,
      reason: expect.stringContaining("Cannot open a sealed record"),
    },
  ]);
  expect(JSON.parse((await sandbox.run(["status", "--json"])).stdout)).toEqual([]);
});
