/**
 * An account gets another label with the built binary.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";

test("rename keeps the login and its tokens, and says so as JSON too", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  const token = await readToken(sandbox, ["local"]);
  const renamed = await sandbox.run(["rename", "local", "local/work"]);
  expect(renamed).toMatchObject({ status: 0, stdout: "", stderr: "Renamed local to local/work\n" });
  expect(await readToken(sandbox, ["local/work"])).toBe(token);
  expect((await sandbox.run(["token", "local"])).status).toBe(4);
  const json = await sandbox.run(["rename", "local/work", "local/home", "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({ provider: "local", account: "home", renamed_from: "work" });
});

test("rename of nobody is a missing login, to a taken name or to another provider wrong usage", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local/one"]);
  await logIn(sandbox, ["local/two"]);
  const refusals: [old: string, name: string, exit: number, code: string][] = [
    ["local/three", "local/four", 4, "unknown_account"],
    ["local/one", "local/two", 2, "account_exists"],
    ["local/one", "other/one", 2, "other_provider"],
  ];
  for (const [old, name, exit, code] of refusals) {
    const { stdout, status } = await sandbox.run(["rename", old, name, "--json"]);
    expect([status, JSON.parse(stdout).error.code]).toEqual([exit, code]);
  }
});
