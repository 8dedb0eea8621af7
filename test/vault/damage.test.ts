/**
 * A damaged store is kept aside by a login, and by nothing else; and nothing but damage counts as damage.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDamaged } from "../../src/vault/damage.ts";
import type { Vault } from "../../src/vault/vault.ts";
import {
  asides,
  breakPage,
  contents,
  DAMAGES,
  homeWithLogins,
  overwrite,
  PAGE,
  rawly,
} from "./broken_stores.ts";
import { GOOGLE, Home, sessionWith, until, WORK } from "./fixtures.ts";

test("a login keeps a damaged store aside as it was, and has a new one with what is left, under the same key", async () => {
  await Promise.all(
    Object.entries(DAMAGES).map(async ([name, { broken, left }]) => {
      using home = await homeWithLogins();
      const bytes = broken(readFileSync(home.paths.vaultFile));
      writeFileSync(home.paths.vaultFile, bytes);
      const key = readFileSync(home.paths.keyFile);
      const vault = await home.open();
      await vault.makeReady();
      const [aside = "", ...more] = asides(home);
      expect([name, more, aside]).toEqual([
        name,
        [],
        expect.stringMatching(/^vault\.db\.damaged-\d{8}T\d{6}Z$/),
      ]);
      expect([name, readFileSync(join(home.paths.dataFolder, aside)).equals(bytes)]).toEqual([name, true]);
      expect(home.notices.join("\n")).toContain(`it is kept as "${join(home.paths.dataFolder, aside)}"`);
      const accounts = await vault.list();
      expect([name, accounts.map(({ session }) => session.tokens.refreshToken)]).toEqual([
        name,
        Array.from({ length: left }, () => "refresh-1"),
      ]);
      await vault.save(OTHER, sessionWith(60));
      expect(await vault.list()).toHaveLength(left + 1);
      expect(readFileSync(home.paths.keyFile).equals(key)).toBe(true);
      await vault.close();
      expect([name, isDamaged(home.paths.vaultFile)]).toEqual([name, false]);
    }),
  );
});

const OTHER = { provider: "acme", label: "default" };

test("everything else says that the store is damaged, and neither moves nor makes a file", async () => {
  for (const [name, { broken }] of Object.entries(DAMAGES)) {
    using home = await homeWithLogins();
    writeFileSync(home.paths.vaultFile, broken(readFileSync(home.paths.vaultFile)));
    const before = contents(home);
    const vault = await home.open();
    for (const use of uses(vault)) {
      const failure = await use().catch((cause: unknown) => cause);
      // Where a single page is broken, what does not need it goes on.
      if (failure instanceof Error && !isUnknown(failure)) {
        expect([name, failure]).toEqual([name, expect.objectContaining(REFUSED)]);
      }
    }
    await vault.close();
    expect([name, contents(home)]).toEqual([name, before]);
  }
});

function isUnknown(failure: Error): boolean {
  return "code" in failure && failure.code === "attempt_unknown";
}

const REFUSED = { code: "store_corrupt", exitStatus: 2 };

function uses(vault: Vault): (() => Promise<unknown>)[] {
  return [
    () => vault.find(GOOGLE),
    () => vault.survey(),
    () => vault.openAttempts(),
    () => vault.clientSecret("google", "id"),
    () => vault.claimAttempt("state"),
  ];
}

test("the notice names the logins that are left, and those that are lost as far as they can be read", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "secret");
  await (await home.open()).makeReady();
  expect(home.notices.join("\n")).toContain(
    "Of its logins google, google/work can still be read. Log in again to what is missing, or",
  );
  using other = await homeWithLogins();
  await breakPage(other, "account");
  await (await other.open()).makeReady();
  expect(other.notices.join("\n")).toContain(
    "Nothing of it can still be read. Log in again to google, google/work, or",
  );
});

test("of many logins those are lost whose page is broken, and no others", async () => {
  using home = await homeWithLogins();
  const vault = await home.open();
  for (let number = 0; number < 100; number += 1) {
    await vault.save({ provider: "acme", label: `label-${number}` }, sessionWith(60));
  }
  await vault.close();
  const leaf = (readFileSync(home.paths.vaultFile).length / PAGE) >> 1;
  await overwrite(home, leaf);
  const mended = await home.open();
  await mended.makeReady();
  const left = await mended.list();
  expect(left.length).toBeGreaterThan(80);
  expect(left.length).toBeLessThan(102);
  const [, lost = ""] = /Log in again to (.*), or/.exec(home.notices.join("\n")) ?? [];
  expect(lost.split(", ")).toHaveLength(102 - left.length);
});

test("the log beside a damaged store goes with it, and whoever still reads it does not disturb the new one", async () => {
  using home = await homeWithLogins();
  const reader = new Database(home.paths.vaultFile, { readwrite: true });
  reader.query("SELECT id FROM account").all();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await breakPage(home, "secret");
  const log = readFileSync(`${home.paths.vaultFile}-wal`);
  expect(log.length).toBeGreaterThan(0);
  await vault.makeReady();
  const [aside = ""] = asides(home);
  expect(asides(home)).toEqual([aside, `${aside}-shm`, `${aside}-wal`]);
  expect(readFileSync(join(home.paths.dataFolder, `${aside}-wal`)).equals(log)).toBe(true);
  await vault.save(WORK, sessionWith(60));
  reader.close();
  await vault.close();
  expect((await (await home.open()).list()).map(({ name }) => name)).toEqual([GOOGLE, WORK]);
});

test("cut off before the new store stands, the damaged one is still there, and the next login makes good", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "sqlite_autoindex_account_2");
  const bytes = readFileSync(home.paths.vaultFile);
  const notice = (): never => {
    throw new Error("cut off");
  };
  await expect(home.open({ notice }).then((vault) => vault.makeReady())).rejects.toThrow("cut off");
  expect(readFileSync(home.paths.vaultFile).equals(bytes)).toBe(true);
  const vault = await home.open();
  await vault.makeReady();
  expect((await vault.list()).map(({ name }) => name)).toEqual([GOOGLE, WORK]);
  for (const name of asides(home)) {
    expect(readFileSync(join(home.paths.dataFolder, name)).equals(bytes)).toBe(true);
  }
  expect(asides(home)).toHaveLength(2);
});

test("a store that is damaged again in the same second is kept beside the first", async () => {
  using home = new Home();
  mkdirSync(home.paths.dataFolder, { mode: 0o700 });
  const now = new Date();
  for (const content of ["first", "second"]) {
    writeFileSync(home.paths.vaultFile, content);
    await (await home.open({ now: () => now })).makeReady();
  }
  const kept = asides(home).map((name) => readFileSync(join(home.paths.dataFolder, name), "utf8"));
  expect(kept).toEqual(["first", "second"]);
});

test("mend() makes nothing in an empty home, makeReady() a store and its key, and both leave a good store alone", async () => {
  using empty = new Home();
  const emptyVault = await empty.open();
  await emptyVault.mend();
  expect(existsSync(empty.paths.dataFolder)).toBe(false);
  await emptyVault.makeReady();
  expect([existsSync(empty.paths.vaultFile), existsSync(empty.paths.keyFile)]).toEqual([true, true]);
  expect(await emptyVault.list()).toEqual([]);
  await emptyVault.close();
  using home = await homeWithLogins();
  const vault = await home.open();
  await vault.makeReady();
  expect(await vault.list()).toHaveLength(2);
  expect([asides(home), home.notices]).toEqual([[], []]);
});

test("a store that is locked, newer, or sealed with another key is never moved", async () => {
  using newer = await homeWithLogins();
  rawly(newer, "PRAGMA user_version = 99");
  await breakPage(newer, "secret");
  await expect(newer.open()).rejects.toMatchObject({ code: "store_newer" });
  using strange = await homeWithLogins();
  writeFileSync(strange.paths.keyFile, crypto.getRandomValues(new Uint8Array(32)));
  await expect(strange.open()).rejects.toMatchObject({ code: "wrong_key" });
  using locked = await homeWithLogins();
  await breakPage(locked, "secret");
  using locker = new Database(locked.paths.vaultFile, { readwrite: true });
  locker.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  for (const home of [newer, strange, locked]) expect(isDamaged(home.paths.vaultFile)).toBe(false);
  locker.run("ROLLBACK");
});

test("a damaged store whose key can be told and does not fit is not moved: the right key comes first", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "account");
  writeFileSync(home.paths.keyFile, crypto.getRandomValues(new Uint8Array(32)));
  const vault = home.open().then((opened) => opened.makeReady());
  await expect(vault).rejects.toMatchObject({ code: "wrong_key", exitStatus: 2 });
  expect(asides(home)).toEqual([]);
});

test("a link to a damaged store is left as it is", async () => {
  using home = await homeWithLogins();
  const target = join(home.folder, "elsewhere.db");
  writeFileSync(target, "no database at all");
  renameSync(home.paths.vaultFile, join(home.folder, "old.db"));
  symlinkSync(target, home.paths.vaultFile);
  await expect(home.open().then((vault) => vault.makeReady())).rejects.toMatchObject(REFUSED);
  expect([readFileSync(target, "utf8"), asides(home)]).toEqual(["no database at all", []]);
});

test("a damaged store in which a refresh is under way is moved when that is over", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "sqlite_autoindex_account_2");
  // The index by names is broken: the row is found by its number alone.
  const leaseUntil = (time: number): unknown[] =>
    rawly(home, `UPDATE account NOT INDEXED SET lease_until = ${time} WHERE rowid = 1`);
  leaseUntil(Date.now() + 60_000);
  const vault = await home.open();
  let isReady = false;
  const ready = vault.makeReady().then(() => (isReady = true));
  await Bun.sleep(2500);
  expect([isReady, asides(home)]).toEqual([false, []]);
  leaseUntil(0);
  await ready;
  expect(asides(home)).toHaveLength(1);
});

test("a damaged store that somebody is writing to is moved when that is over", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "secret");
  using writer = new Database(home.paths.vaultFile, { readwrite: true });
  writer.run("BEGIN IMMEDIATE");
  const vault = await home.open();
  let isReady = false;
  const ready = vault.makeReady().then(() => (isReady = true));
  await Bun.sleep(2500);
  expect([isReady, asides(home)]).toEqual([false, []]);
  writer.run("ROLLBACK");
  await ready;
  expect(asides(home)).not.toEqual([]);
});

test("nothing is refreshed or stored in a file that was moved meanwhile", async () => {
  using home = await homeWithLogins();
  const vault = await home.open();
  await vault.list();
  const { vaultFile } = home.paths;
  renameSync(vaultFile, `${vaultFile}.aside`);
  await expect(vault.save(GOOGLE, sessionWith(60))).rejects.toMatchObject({
    code: "store_moved",
    exitStatus: 3,
  });
  const refresher = { refresh: unasked, recover: unasked };
  await expect(vault.fresh(GOOGLE, { minValidSeconds: 60, refresher, force: true })).rejects.toMatchObject({
    code: "store_moved",
  });
});

function unasked(): never {
  throw new Error("The provider was asked");
}

test("a backup that is being copied into place looks damaged, and is not moved", async () => {
  using home = await homeWithLogins();
  const bytes = readFileSync(home.paths.vaultFile);
  const half = bytes.subarray(0, bytes.length / 2);
  writeFileSync(home.paths.vaultFile, half);
  const vault = await home.open();
  let isReady = false;
  const ready = vault.makeReady().then(() => (isReady = true));
  await until(() => existsSync(`${home.paths.vaultFile}.lock`));
  await Bun.sleep(300);
  expect(isReady).toBe(false);
  writeFileSync(home.paths.vaultFile, bytes);
  await ready;
  expect(asides(home)).toEqual([]);
  expect(await vault.list()).toHaveLength(2);
});
