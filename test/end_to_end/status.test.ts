/**
 * What `keyfob status` says of logins that are not well.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { logIn, publicEntry } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";

test("status shows an unreadable login as such beside the good ones, and logout --local forgets it", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local/good"]);
  await logIn(sandbox, ["local/torn"]);
  const database = new Database(join(sandbox.home, "vault.db"), { readwrite: true });
  database.run("UPDATE account SET sealed = substr(sealed, 1, 40) WHERE label = 'torn'");
  database.close();
  const json = await sandbox.run(["status", "--json"]);
  expect(json.status).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject([
    { account: "good", state: "alive", last_error: null },
    {
      account: "torn",
      state: "unreadable",
      last_error: expect.stringContaining("Cannot open a sealed record"),
    },
  ]);
  const people = await sandbox.run(["status"]);
  expect(people.stdout).toMatch(/^local\/torn +unknown +unreadable +Cannot open a sealed record/m);
  expect(people.stdout).toMatch(/^local\/good +alice/m);
  expect((await sandbox.run(["logout", "local/torn", "--local"])).status).toBe(0);
  expect(JSON.parse((await sandbox.run(["status", "--json"])).stdout)).toHaveLength(1);
});

test("status says why a login is over, and what to do", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  await server.endSessions();
  expect((await sandbox.run(["refresh", "local"])).status).toBe(4);
  const { stdout } = await sandbox.run(["status"]);
  expect(stdout).toMatch(/^local +\S+ +login needed +keyfob login local \(.*invalid_grant.*\)$/m);
});
