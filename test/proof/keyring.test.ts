/**
 * The key in a real keyring (gnome-keyring): found, missed when it is locked, and never replaced by a weaker one.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";
import { startKeyring } from "./keyring.ts";

test("the key lives in the keyring; a locked keyring is no absent one, and nothing weaker takes its place", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await using keyring = await startKeyring(join(sandbox.folder, "session"));
  await sandbox.writeRegistry({ local: publicEntry(server) });
  const session = { environment: keyring.environment };
  const login = await logIn(sandbox, ["local"], session);
  expect([login.status, login.stderr.includes("keychain cannot be used")]).toEqual([0, false]);
  const keyFile = join(sandbox.home, "key");
  expect(existsSync(keyFile)).toBe(false);
  const status = await sandbox.run(["status"], session);
  expect(status.stderr).toContain("Sealed with the OS keychain");
  const first = await sandbox.run(["token", "local"], session);
  expect(first.status).toBe(0);

  keyring.lock();
  for (const args of [
    ["token", "local"],
    ["refresh", "local"],
    ["login", "local", "--begin"],
  ]) {
    const { status, stderr } = await sandbox.run(args, session);
    expect([args[0], status]).toEqual([args[0], 2]);
    expect(stderr).toContain("its key is in the OS keychain, which gives nothing now (locked");
  }
  const outside = await sandbox.run(["token", "local"]);
  expect([outside.status, outside.stdout]).toEqual([2, ""]);
  expect(existsSync(keyFile)).toBe(false);

  await keyring.unlock();
  expect((await sandbox.run(["token", "local"], session)).stdout).toBe(first.stdout);

  expect((await sandbox.run(["rekey"], session)).status).toBe(0);
  expect((await sandbox.run(["token", "local"], session)).stdout).toBe(first.stdout);
  const moved = await sandbox.run(["rekey", "--to", "file", "--json"], session);
  expect(JSON.parse(moved.stdout)).toEqual({ key_source: `key file "${keyFile}"`, records: 1, advice: null });
  expect(await readToken(sandbox, ["local"])).toBe(first.stdout.trim());
});

test("a new vault beside a locked keyring says that the key is kept in a file instead", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await using keyring = await startKeyring(join(sandbox.folder, "session"));
  await sandbox.writeRegistry({ local: publicEntry(server) });
  keyring.lock();
  const { status, stderr } = await logIn(sandbox, ["local"], { environment: keyring.environment });
  expect(status).toBe(0);
  expect(stderr).toContain("The OS keychain cannot be used: the vault's key is kept in");
  expect(existsSync(join(sandbox.home, "key"))).toBe(true);
});

test("a systemd credential is the key, and without it nothing is opened or made anew", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  const credentials = join(sandbox.folder, "credentials");
  await Bun.write(join(credentials, "keyfob.key"), crypto.getRandomValues(new Uint8Array(32)));
  const unit = { environment: { CREDENTIALS_DIRECTORY: credentials } };
  expect((await logIn(sandbox, ["local"], unit)).status).toBe(0);
  expect((await sandbox.run(["status"], unit)).stderr).toContain("Sealed with the systemd credential");
  const { status, stderr } = await sandbox.run(["token", "local"]);
  expect(status).toBe(2);
  expect(stderr).toContain("systemd credential");
  expect(existsSync(join(sandbox.home, "key"))).toBe(false);
});
