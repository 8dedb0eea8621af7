/**
 * A store whose file another one took the place of: whoever has it open goes on in the new one, or says why not.
 *
 * @module
 */
import { expect, test } from "bun:test";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { Session } from "../../src/vault/account.ts";
import { asides, breakPage, homeWithLogins, rawly } from "./broken_stores.ts";
import { GOOGLE, Home, sessionWith, until, WORK } from "./fixtures.ts";
import { fresh, notSent, renewed, Script } from "./script.ts";
import { outputOf, startWorker, type Worker } from "./workers.ts";

const MOVED = { code: "store_moved", exitStatus: 3 };

/** How the file beneath an open vault is exchanged. */
const EXCHANGES: Readonly<Record<string, (home: Home) => Promise<void>>> = {
  "a backup of it": async (home) => putInPlace(home, copyOf(home)),
  "what a login saved of it": async (home) => {
    await breakPage(home, "secret");
    await makeReady(home);
  },
  "a new one under the same key": async (home) => {
    writeFileSync(home.paths.vaultFile, "no database at all");
    await makeReady(home);
    const vault = await home.open();
    for (const name of [GOOGLE, WORK]) await vault.save(name, sessionWith(60));
    await vault.close();
  },
};

const exchanges = Object.entries(EXCHANGES);

test.each(exchanges)("a vault goes on in the store that took its place: %s", async (_, exchange) => {
  using home = await homeWithLogins();
  const vault = await home.open();
  await vault.list();
  await exchange(home);
  await vault.save({ ...GOOGLE, label: "new" }, sessionWith(60));
  const script = new Script(renewed());
  expect((await fresh(vault, script, { force: true })).account.session.tokens.accessToken).toBe("access-2");
  await vault.close();
  expect(script.requests).toBe(1);
  expect(await refreshTokens(home)).toEqual({ default: "refresh-2", new: "refresh-1", work: "refresh-1" });
});

test.each(exchanges)(
  "what was forgotten in the new store is not read from the old: %s",
  async (_, exchange) => {
    using home = await homeWithLogins();
    const vault = await home.open();
    expect(await vault.find(GOOGLE)).toBeDefined();
    await exchange(home);
    const other = await home.open();
    await other.forget(GOOGLE);
    await other.close();
    const script = new Script(renewed());
    await expect(fresh(vault, script, { minValidSeconds: 1 })).rejects.toMatchObject({
      code: "unknown_account",
    });
    expect(await vault.find(GOOGLE)).toBeUndefined();
    expect((await vault.list()).map(({ name }) => name)).toEqual([WORK]);
    expect(script.requests).toBe(0);
  },
);

test("a vault goes on as often as its store is moved, also where uses come at once", async () => {
  using home = await homeWithLogins();
  const vault = await home.open();
  for (let moves = 0; moves < 50; moves += 1) {
    putInPlace(home, copyOf(home));
    const found = await Promise.all(Array.from({ length: 8 }, () => vault.list()));
    expect(found.map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => 2));
  }
  const open = openFilesOf(home);
  await vault.close();
  // Of what was left 32 at most, and the last, each with its log and index, and what SQLite closes later.
  expect(open).toBeLessThan(33 * 4);
  expect(openFilesOf(home)).toBe(0);
});

test("where the file was moved and none is there, or another vault with another key, every use says so", async () => {
  for (const exchange of [takeAway, putStrangerThere]) {
    using home = await homeWithLogins();
    const vault = await home.open();
    await vault.list();
    await exchange(home);
    const script = new Script(renewed());
    for (const use of [
      () => vault.find(GOOGLE),
      () => vault.survey(),
      () => fresh(vault, script, { minValidSeconds: 1 }),
      () => vault.save(GOOGLE, sessionWith(60)),
      () => vault.forget(GOOGLE),
      () => vault.openAttempts(),
    ]) {
      await expect(use()).rejects.toMatchObject(MOVED);
    }
    expect(script.requests).toBe(0);
    renameSync(`${home.paths.vaultFile}.away`, home.paths.vaultFile);
    expect(await vault.list()).toHaveLength(2);
    await vault.close();
  }
});

test("the store is moved while the provider answers: what it answered is in the new store", async () => {
  for (const journalMode of ["WAL", "DELETE"]) {
    using home = await homeWithLogins();
    rawly(home, `PRAGMA journal_mode = ${journalMode}`);
    const vault = await home.open();
    const script = new Script(async (session, tools) => {
      putInPlace(home, copyOf(home));
      // Another use leaves the old store meanwhile.
      expect(await vault.list()).toHaveLength(2);
      await tools.journal("refresh-2");
      return renewed()(session);
    });
    expect((await fresh(vault, script, { force: true })).refreshed).toBe(true);
    await vault.close();
    expect([script.requests, script.recovered]).toEqual([1, 0]);
    expect(await refreshTokens(home)).toEqual({ default: "refresh-2", work: "refresh-1" });
  }
});

test("the new store knows nothing of the lease: it keeps the answer all the same, and the same call uses it", async () => {
  using home = await homeWithLogins();
  const before = copyOf(home);
  const vault = await home.open();
  const script = new Script(async (session, tools) => {
    putInPlace(home, before);
    await tools.journal("refresh-2");
    return renewed()(session);
  });
  expect((await fresh(vault, script, { force: true })).refreshed).toBe(true);
  await vault.close();
  expect([script.requests, script.recovered]).toEqual([1, 1]);
  expect(await refreshTokens(home)).toEqual({ default: "refresh-2", work: "refresh-1" });
});

test("who waits for a refresh of another process when the store is moved begins anew in the new one", async () => {
  using home = await homeWithLogins();
  const [holder, waiter] = [await home.open(), await home.open()];
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const held = new Script(async (session) => {
    await answered;
    return renewed(3600, "refresh-of-old")(session);
  });
  const holding = fresh(holder, held, { force: true });
  await until(() => held.requests === 1);
  const script = new Script(renewed());
  const waiting = fresh(waiter, script, { force: true });
  await Bun.sleep(200);
  expect(script.requests).toBe(0);
  await putNewOneThere(home);
  expect((await waiting).account.session.tokens.refreshToken).toBe("refresh-2");
  answer();
  await holding;
  await Promise.all([holder.close(), waiter.close()]);
  expect([held.requests, script.requests]).toEqual([1, 1]);
  expect(await refreshTokens(home)).toEqual({ default: "refresh-2" });
});

test("no store to go on in: what the provider answered is in the one that was moved, and there when it comes back", async () => {
  for (const exchange of [takeAway, putStrangerThere, putRubbishThere]) {
    using home = await homeWithLogins();
    const vault = await home.open();
    const script = new Script(async (session, tools) => {
      await exchange(home);
      await tools.journal("refresh-2");
      return renewed()(session);
    });
    const { account } = await fresh(vault, script, { force: true });
    expect(account.session.tokens.accessToken).toBe("access-2");
    await vault.close();
    for (const end of ["-wal", "-shm"]) rmSync(`${home.paths.vaultFile}${end}`, { force: true });
    renameSync(`${home.paths.vaultFile}.away`, home.paths.vaultFile);
    expect(await refreshTokens(home)).toEqual({ default: "refresh-2", work: "refresh-1" });
  }
});

test("a store without a write-ahead log that is moved while the provider answers: the failure says that it was moved", async () => {
  using home = await homeWithLogins();
  rawly(home, "PRAGMA journal_mode = DELETE");
  const vault = await home.open();
  const script = new Script(async (session, tools) => {
    await takeAway(home);
    await tools.journal("refresh-2");
    return renewed()(session);
  });
  await expect(fresh(vault, script, { force: true })).rejects.toMatchObject({
    code: "store_moved",
    message: expect.stringContaining("the provider may have replaced the refresh token"),
  });
  expect(script.requests).toBe(1);
});

test("a store that is gone before a request is sent again: nothing more is sent", async () => {
  using home = await homeWithLogins();
  const vault = await home.open();
  const script = new Script(async () => {
    await takeAway(home);
    return notSent();
  }, renewed());
  await expect(fresh(vault, script, { force: true })).rejects.toMatchObject(MOVED);
  expect(script.requests).toBe(1);
});

test("a login that is stored while a damaged store is being moved is in the new one", async () => {
  using home = await homeWithLogins();
  await breakPage(home, "secret");
  let saving: Worker | undefined;
  // Told when all is copied, and the store not yet moved.
  const notice = (): void => {
    saving = startWorker(home.paths.dataFolder, "save", "late");
    Bun.sleepSync(1500);
  };
  const vault = await home.open({ notice });
  await vault.makeReady();
  await vault.close();
  expect(saving && (await outputOf(saving))).toBe("saved");
  expect(asides(home)).toHaveLength(1);
  expect(Object.keys(await refreshTokens(home))).toEqual(["default", "late", "work"]);
});

async function makeReady(home: Home): Promise<void> {
  const vault = await home.open();
  await vault.makeReady();
  await vault.close();
}

/** A copy as it is now, beside the store. */
function copyOf(home: Home): string {
  rawly(home, "PRAGMA wal_checkpoint(TRUNCATE)");
  const copy = `${home.paths.vaultFile}.copy`;
  copyFileSync(home.paths.vaultFile, copy);
  return copy;
}

function putInPlace({ paths }: Home, file: string): void {
  for (const end of ["-wal", "-shm"]) rmSync(`${paths.vaultFile}${end}`, { force: true });
  renameSync(file, paths.vaultFile);
}

async function takeAway(home: Home): Promise<void> {
  rawly(home, "PRAGMA wal_checkpoint(TRUNCATE)");
  renameSync(home.paths.vaultFile, `${home.paths.vaultFile}.away`);
}

async function putStrangerThere(home: Home): Promise<void> {
  using stranger = await homeWithLogins();
  await takeAway(home);
  putInPlace(home, copyOf(stranger));
}

/** One that was made anew, under the same key. */
async function putNewOneThere(home: Home): Promise<void> {
  using other = new Home();
  mkdirSync(other.paths.dataFolder, { mode: 0o700 });
  copyFileSync(home.paths.keyFile, other.paths.keyFile);
  const vault = await other.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  putInPlace(home, copyOf(other));
}

async function putRubbishThere(home: Home): Promise<void> {
  await takeAway(home);
  writeFileSync(home.paths.vaultFile, "no database at all");
}

/** Refresh tokens by label, as a new process finds them. */
async function refreshTokens(home: Home): Promise<Record<string, Session["tokens"]["refreshToken"]>> {
  const vault = await home.open();
  const accounts = await vault.list();
  await vault.close();
  expect(rawly(home, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  return Object.fromEntries(accounts.map(({ name, session }) => [name.label, session.tokens.refreshToken]));
}

/** Files in the home that this process has open. */
function openFilesOf({ folder }: Home): number {
  return readdirSync("/proc/self/fd").filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}
