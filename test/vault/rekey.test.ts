/**
 * A vault gets another key: everything is sealed anew, and no moment leaves it without a key that fits.
 *
 * @module
 */
import { expect, test } from "bun:test";
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigurationError, Unavailable } from "../../src/errors.ts";
import { newKey } from "../../src/vault/key_bytes.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { attemptWith, GOOGLE, Home, sessionWith, WORK } from "./fixtures.ts";
import { MemoryKeychain } from "./memory_keychain.ts";
import { fresh, journalThenFail, renewed, Script } from "./script.ts";
import { startWorker } from "./workers.ts";

/** Rounds of the test with processes that are killed. */
const ROUNDS = Number(process.env["KEYFOB_ROUNDS"] ?? 3);

async function fullVault(home: Home, options: Parameters<Home["open"]>[0] = {}): Promise<Vault> {
  const vault = await home.open(options);
  await vault.save(GOOGLE, sessionWith(600));
  await vault.save(WORK, sessionWith(-5));
  await vault.keepAttempt(attemptWith("state-1"));
  await vault.keepClientSecret("google", "id", "secret-1");
  return vault;
}

async function expectWhole(vault: Vault): Promise<void> {
  expect((await vault.list()).map(({ session }) => session.tokens.refreshToken)).toEqual([
    "refresh-1",
    "refresh-1",
  ]);
  expect(await vault.clientSecret("google", "id")).toBe("secret-1");
  expect((await vault.openAttempts()).map(({ state }) => state)).toEqual(["state-1"]);
}

function files(home: Home): string[] {
  return readdirSync(home.paths.dataFolder)
    .filter((name) => !name.startsWith("vault.db-") && !name.endsWith(".reserve"))
    .toSorted();
}

test("rekey() seals every kind of record anew; the old key opens nothing any more and is gone", async () => {
  using home = new Home();
  const vault = await fullVault(home);
  const publicKey = await vault.publicKey();
  const old = join(home.folder, "old");
  copyFileSync(home.paths.keyFile, old);
  expect(await vault.rekey()).toEqual({ keySource: `key file "${home.paths.keyFile}"`, records: 5 });
  await expectWhole(vault);
  expect(await vault.publicKey()).toBe(publicKey);
  expect(readFileSync(home.paths.keyFile)).not.toEqual(readFileSync(old));
  expect(statSync(home.paths.keyFile).mode & 0o777).toBe(0o600);
  expect(files(home)).toEqual(["key", "vault.db"]);
  await expect(home.open({ environment: { KEYFOB_KEY_FILE: old } })).rejects.toMatchObject({
    code: "wrong_key",
  });
});

test("a process that opened the vault before a rekey() reads and writes on", async () => {
  using home = new Home();
  const before = await fullVault(home);
  await (await home.open()).rekey();
  await expectWhole(before);
  await (await home.open()).rekey();
  await before.save({ provider: "google", label: "zeta" }, sessionWith(60));
  await before.keepClientSecret("google", "b", "secret-2");
  expect(await (await home.open()).clientSecret("google", "b")).toBe("secret-2");
  expect(await (await home.open()).list()).toHaveLength(3);
});

test("a refresh that is under way during a rekey() stores its rotated token with the new key (STANDARDS 19)", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(-5));
  const script = new Script(async (session, tools) => {
    await (await home.open()).rekey();
    await tools.journal("refresh-2");
    await (await home.open()).rekey();
    return renewed()(session);
  });
  expect((await fresh(vault, script)).refreshed).toBe(true);
  expect((await (await home.open()).find(GOOGLE))?.session.tokens.refreshToken).toBe("refresh-2");
});

test("rekey() seals a journalled answer anew, so that it can still be used", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(-5));
  await fresh(vault, new Script(journalThenFail("refresh-9", new Unavailable("cut off")))).catch(() => {});
  await (await home.open()).rekey();
  expect((await fresh(vault, new Script())).account.session.tokens.refreshToken).toBe("refresh-9");
});

test("rekey() that was cut off at any moment leaves a vault that opens", async () => {
  using home = new Home();
  const vault = await fullVault(home);
  await vault.close();
  const fingerprint = await storedFingerprint(home);
  const [aside, coming] = [`${home.paths.keyFile}.${fingerprint}`, `${home.paths.keyFile}.0123456789abcdef`];
  // Before the transaction: the new key is there, nobody asks for it.
  writeFileSync(coming, newKey().toBase64(), { mode: 0o600 });
  await expectWhole(await home.open());
  // Within it: the old key is aside, then the new one is in its place; then the power went.
  renameSync(home.paths.keyFile, aside);
  await expectWhole(await home.open());
  renameSync(coming, home.paths.keyFile);
  await expectWhole(await home.open());
  // And another rekey tidies up, also what was left over long ago.
  const leftOver = `${home.paths.keyFile}.fedcba9876543210`;
  writeFileSync(leftOver, newKey().toBase64());
  utimesSync(leftOver, 1, 1);
  await (await home.open()).rekey();
  await expectWhole(await home.open());
  expect(files(home)).toEqual(["key", "vault.db"]);
});

test.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))(
  "round %i: rekey() in several processes, some killed at random moments, loses nothing",
  async () => {
    using home = new Home();
    await (await fullVault(home)).close();
    const workers = Array.from({ length: 4 }, () => startWorker(home.paths.dataFolder, "rekey", ""));
    const killers = workers.slice(0, 3).map(async (worker) => {
      await Bun.sleep(60 + Math.random() * 120);
      worker.kill("SIGKILL");
    });
    await Promise.all([...killers, ...workers.map(({ exited }) => exited)]);
    await expectWhole(await home.open());
    await (await home.open()).rekey();
    await expectWhole(await home.open());
  },
);

test("rekey() moves the key into the keychain and out of it, leaving nothing behind", async () => {
  using home = new Home();
  const keychain = new MemoryKeychain();
  const vault = await fullVault(home);
  await vault.close();
  const desktop = await home.open({ keychain });
  expect((await desktop.rekey({ kind: "keychain" })).keySource).toStartWith("OS keychain");
  await expectWhole(desktop);
  expect(files(home)).toEqual(["vault.db"]);
  expect(keychain.entries.size).toBe(1);
  await desktop.rekey();
  expect(keychain.entries.size).toBe(1);
  await desktop.rekey({ kind: "file" });
  expect(keychain.entries.size).toBe(0);
  await expectWhole(await home.open());
});

test("rekey() to a keychain that is locked changes nothing", async () => {
  using home = new Home();
  const keychain = new MemoryKeychain();
  keychain.locked = true;
  const vault = await fullVault(home, {});
  await vault.close();
  const desktop = await home.open({ keychain });
  await expect(desktop.rekey({ kind: "keychain" })).rejects.toMatchObject({
    code: "keychain_unusable",
    exitStatus: 2,
  });
  await expectWhole(await home.open());
});

test("rekey() of a key that was given asks where the new one is to be, makes that file, and says how to go on", async () => {
  using home = new Home();
  const [old, next] = [join(home.folder, "old"), join(home.folder, "next")];
  writeFileSync(old, newKey().toBase64(), { mode: 0o600 });
  const vault = await fullVault(home, { environment: { KEYFOB_KEY_FILE: old } });
  await expect(vault.rekey()).rejects.toMatchObject({ code: "key_target_missing", exitStatus: 2 });
  await expect(vault.rekey({ keyFile: old })).rejects.toMatchObject({ code: "same_key", exitStatus: 2 });
  const { advice } = await vault.rekey({ keyFile: next });
  expect(advice).toContain(`KEYFOB_KEY_FILE='${next}'`);
  expect(statSync(next).mode & 0o777).toBe(0o600);
  await expectWhole(await home.open({ environment: { KEYFOB_KEY_FILE: next } }));
  await expect(home.open({ environment: { KEYFOB_KEY_FILE: old } })).rejects.toMatchObject({
    code: "wrong_key",
  });
  await expect(home.open()).rejects.toBeInstanceOf(ConfigurationError);
});

/** The first half of the fingerprint, by which keys set aside are named. */
async function storedFingerprint(home: Home): Promise<string> {
  const { Database } = await import("bun:sqlite");
  using database = new Database(home.paths.vaultFile, { readonly: true });
  const row = database.query<{ key_fingerprint: string }, []>("SELECT key_fingerprint FROM store").get();
  return row?.key_fingerprint.slice(0, 16) ?? "";
}
