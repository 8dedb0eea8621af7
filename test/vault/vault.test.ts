/**
 * Accounts, attempts and secrets at rest.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attemptWith, GOOGLE, Home, sessionWith, WORK } from "./fixtures.ts";

test("reading an empty home makes no file", async () => {
  using home = new Home();
  const vault = await home.open();
  expect(await vault.list()).toEqual([]);
  expect(await vault.find(GOOGLE)).toBeUndefined();
  expect(await vault.openAttempts()).toEqual([]);
  expect(await vault.forget(GOOGLE)).toBe(false);
  expect(await vault.clientSecret("google", "id")).toBeUndefined();
  await vault.finishAttempt("state");
  await expect(vault.claimAttempt("state")).rejects.toMatchObject({ code: "attempt_unknown", exitStatus: 4 });
  expect(vault.keySource).toBe("none yet");
  expect(existsSync(home.paths.dataFolder)).toBe(false);
});

test("save() and find() give the login back; files are 0600 in a 0700 folder", async () => {
  using home = new Home();
  const vault = await home.open();
  const session = sessionWith(60);
  await vault.save(GOOGLE, session);
  expect(await vault.find(GOOGLE)).toMatchObject({ name: GOOGLE, session, state: "alive" });
  expect(statSync(home.paths.dataFolder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(home.paths.dataFolder)) {
    expect([name, statSync(join(home.paths.dataFolder, name)).mode & 0o777]).toEqual([name, 0o600]);
  }
});

test("no token, verifier, state or secret stands in the files in clear", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.keepAttempt(attemptWith("state-that-is-secret"));
  await vault.keepClientSecret("google", "id", "client-secret-1");
  const files = readdirSync(home.paths.dataFolder);
  expect(files.includes("vault.db-wal")).toBe(true);
  const clear = files.map((name) => readFileSync(join(home.paths.dataFolder, name), "latin1")).join("\n");
  const secrets = [
    "access-1",
    "refresh-1",
    "subject-1",
    "person@example.org",
    "acct-1",
    "state-that-is-secret",
  ];
  for (const text of [...secrets, "verifier-that", "client-secret-1"]) {
    expect([text, clear.includes(text)]).toEqual([text, false]);
  }
  expect(clear.includes("google")).toBe(true);
});

test("list() is sorted by provider, then label; an account that cannot be opened is left out with a notice", async () => {
  using home = new Home();
  const vault = await home.open();
  for (const name of [WORK, { provider: "acme", label: "z" }, GOOGLE])
    await vault.save(name, sessionWith(60));
  expect((await vault.list()).map(({ name }) => `${name.provider}/${name.label}`)).toEqual([
    "acme/z",
    "google/default",
    "google/work",
  ]);
  rawly(
    home,
    "UPDATE account SET sealed = (SELECT sealed FROM account WHERE provider = 'acme') WHERE label = 'work'",
  );
  expect(await vault.list()).toHaveLength(2);
  expect(home.notices.join()).toContain('"google/work" is left out');
  await expect(vault.find(WORK)).rejects.toMatchObject({ code: "unsealing_failed", exitStatus: 2 });
});

test("rename() changes the name and re-seals nothing", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  const sealed = () => rawly<{ sealed: Uint8Array }>(home, "SELECT sealed FROM account")[0]?.sealed;
  const before = sealed();
  await vault.rename(GOOGLE, WORK);
  expect(sealed()).toEqual(before);
  expect((await vault.find(WORK))?.session.tokens.accessToken).toBe("access-1");
  expect(await vault.find(GOOGLE)).toBeUndefined();
});

test("rename() refuses an unknown account, a taken name and another provider", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.save(WORK, sessionWith(60));
  const refused = (code: string) => ({ code, exitStatus: 2 });
  await expect(vault.rename({ provider: "google", label: "x" }, WORK)).rejects.toMatchObject({
    code: "unknown_account",
    exitStatus: 4,
  });
  await expect(vault.rename(GOOGLE, WORK)).rejects.toMatchObject(refused("account_exists"));
  await expect(vault.rename(GOOGLE, { provider: "acme", label: "x" })).rejects.toMatchObject(
    refused("other_provider"),
  );
});

test("forget() removes the account and its journal", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  expect(await vault.forget(GOOGLE)).toBe(true);
  expect(await vault.forget(GOOGLE)).toBe(false);
  expect(rawly(home, "SELECT id FROM account UNION SELECT account_id FROM journal")).toEqual([]);
});

test("keepClientSecret() keeps one secret for each provider and client", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.keepClientSecret("google", "a", "old");
  await vault.keepClientSecret("google", "a", "new");
  await vault.keepClientSecret("google", "b", "other");
  expect(await vault.clientSecret("google", "a")).toBe("new");
  expect(await vault.clientSecret("google", "b")).toBe("other");
  expect(await vault.clientSecret("acme", "a")).toBeUndefined();
});

test("forgetClientSecrets() forgets those of one provider, and nothing where there are none", async () => {
  using home = new Home();
  const vault = await home.open();
  for (const [provider, id] of [
    ["acme", "a"],
    ["acme", "b"],
    ["acme.test", "a"],
  ] as const)
    await vault.keepClientSecret(provider, id, "secret");
  expect(await vault.forgetClientSecrets("acme")).toBe(true);
  expect(await vault.forgetClientSecrets("acme")).toBe(false);
  expect(await vault.clientSecret("acme", "b")).toBeUndefined();
  expect(await vault.clientSecret("acme.test", "a")).toBe("secret");
});

test("claimAttempt() gives the attempt once; released it may be claimed again; finished it is used", async () => {
  using home = new Home();
  const vault = await home.open();
  const attempt = attemptWith("state-1");
  await vault.keepAttempt(attempt);
  expect(await vault.openAttempts()).toEqual([attempt]);
  expect(await vault.claimAttempt("state-1")).toEqual(attempt);
  expect(await vault.openAttempts()).toEqual([]);
  const used = { code: "attempt_used", exitStatus: 4 };
  await expect(vault.claimAttempt("state-1")).rejects.toMatchObject(used);
  await vault.releaseAttempt("state-1");
  expect(await vault.claimAttempt("state-1")).toEqual(attempt);
  await vault.finishAttempt("state-1");
  await vault.releaseAttempt("state-1");
  await expect(vault.claimAttempt("state-1")).rejects.toMatchObject(used);
  expect(rawly(home, "SELECT sealed FROM attempt")).toEqual([{ sealed: null }]);
});

test("claimAttempt() says expired for 7 days, then unknown; the secrets are gone with the first look", async () => {
  using home = new Home();
  let now = Date.now();
  const vault = await home.open({ now: () => new Date(now), ticks: () => now });
  await vault.keepAttempt(attemptWith("state-1", 300));
  now += 301_000;
  expect(await vault.openAttempts()).toEqual([]);
  const claim = () => vault.claimAttempt("state-1");
  await expect(claim()).rejects.toMatchObject({ code: "attempt_expired", exitStatus: 4 });
  expect(rawly(home, "SELECT sealed FROM attempt")).toEqual([{ sealed: null }]);
  now += 6 * 24 * 3_600_000;
  await expect(claim()).rejects.toMatchObject({ code: "attempt_expired" });
  now += 2 * 24 * 3_600_000;
  await expect(claim()).rejects.toMatchObject({ code: "attempt_unknown" });
});

test.each([
  ["text", "this is not a database, and it is long enough to be looked at ".repeat(20)],
  ["nothing", ""],
])("a file of %s is left as it is, and reading says where it is", async (_, content) => {
  using home = new Home();
  mkdirSync(dirname(home.paths.vaultFile), { recursive: true, mode: 0o700 });
  writeFileSync(home.paths.vaultFile, content, { mode: 0o600 });
  const failure = home.open().then((vault) => vault.list());
  await expect(failure).rejects.toMatchObject({ code: "store_corrupt", exitStatus: 2 });
  await expect(failure).rejects.toThrow(home.paths.vaultFile);
  expect(readFileSync(home.paths.vaultFile, "utf8")).toBe(content);
});

test("openVault() refuses a store written by a newer keyfob", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  rawly(home, "PRAGMA user_version = 99");
  await expect(home.open()).rejects.toMatchObject({ code: "store_newer", exitStatus: 2 });
});

test("openVault() says so where a file stands in the place of its folder", async () => {
  using home = new Home();
  writeFileSync(home.paths.dataFolder, "a file stands here");
  await expect(home.open()).rejects.toMatchObject({ code: "store_read_only", exitStatus: 1 });
});

/** Runs SQL on the file itself, as no part of keyfob would. */
function rawly<Row>(home: Home, sql: string): Row[] {
  const database = new Database(home.paths.vaultFile, { create: true, readwrite: true });
  try {
    return database.query<Row, []>(sql).all();
  } finally {
    database.close();
  }
}
