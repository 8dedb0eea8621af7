/**
 * Keeping a damaged store aside, so that a login can be stored.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Unavailable } from "../errors.ts";
import { syncFolder } from "../private_file.ts";
import { formatAccountName } from "./account.ts";
import type { AccountName } from "./account.ts";
import { isDamaged, withDatabase } from "./damage.ts";
import { withFileLock } from "./file_lock.ts";
import { findKey } from "./key.ts";
import { BESIDE, KEPT } from "./kept_stores.ts";
import { isFileMoved } from "./moved_store.ts";
import type { OpeningFacts } from "./opening.ts";
import { pause } from "./pause.ts";
import { linkOrCopy } from "./place_once.ts";
import { readableRows, salvage } from "./salvage.ts";
import { readStoreFacts } from "./sqlite_facts.ts";
import type { Clock, StoreFacts } from "./store.ts";
import { storeTrouble } from "./store_trouble.ts";

/** Milliseconds in which a damaged file must not change: one that somebody is copying into place looks damaged. */
const REST = 1000;

/** Times that is waited for: longer than the lease of a refresh that was killed. */
const RESTS = 60;

/** Whether the vault is a file, and damaged. */
export function isDamagedFile({ environment, paths }: OpeningFacts): boolean {
  return !environment["KEYFOB_STORE"] && isDamaged(paths.vaultFile);
}

/**
 * Moves a damaged store aside, with all its files, and says so; a new one with what can still be read takes its place.
 * Of several processes one does it; a store that another has made meanwhile stays, and so does the key.
 *
 * @throws {ConfigurationError} where the store's key can be told, and is missing or another one; nothing is moved then
 * @throws {Failed} where nothing can be written
 */
export async function keepDamagedAside(facts: OpeningFacts): Promise<void> {
  const path = facts.paths.vaultFile;
  try {
    await withFileLock(`${path}.lock`, () => moveLastingDamage(path, facts));
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}

async function moveLastingDamage(path: string, facts: OpeningFacts): Promise<void> {
  let before: string | undefined;
  for (let rests = 0; rests < RESTS; rests += 1) {
    if (!isDamaged(path)) return;
    const now = stateOf(path);
    if (now === before && (await moveAside(path, facts))) return;
    before = now;
    await pause(REST);
  }
  throw new Unavailable(`Cannot use the vault "${path}": it is damaged, and another program writes to it`, {
    code: "store_busy",
  });
}

/** What changes with the file and its log. */
function stateOf(path: string): string {
  return [path, `${path}-wal`].map(stateOfFile).join(" ");
}

function stateOfFile(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** Whether a refresh is under way, as far as it can be read: its tokens would go with the file that is moved. */
function isRefreshing(path: string, { now }: Clock): boolean {
  try {
    return withDatabase(path, (database) =>
      [
        ...readableRows<{ until: number | null }>(
          database,
          "SELECT lease_until AS until FROM account NOT INDEXED",
        ),
      ].some(({ until }) => (until ?? 0) > now().getTime()),
    );
  } catch {
    return false;
  }
}

/** False, with nothing moved, where somebody writes to the store, or a refresh is under way in it. */
async function moveAside(path: string, facts: OpeningFacts): Promise<boolean> {
  const store = factsOf(path);
  // Before the writers are kept waiting: a keychain may ask the person.
  if (store !== undefined) await findKey(facts, store);
  using writers = keepWritersOut(path);
  if (writers.isBusy || isRefreshing(path, facts.clock)) return false;
  return await exchange(path, { store, writers }, facts);
}

/**
 * Keeps others from writing while the store is copied and moved: what they wrote would be lost. Whoever waited finds
 * then that the file was moved. What is damaged too much to be locked has no lock to wait for.
 */
function keepWritersOut(path: string): Writers {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  let isBusy = false;
  try {
    // SQLite would begin to write a store of its own into an empty file.
    if (statSync(path).size > 0) database.run("BEGIN IMMEDIATE");
  } catch (cause) {
    isBusy = cause instanceof Error && "code" in cause && String(cause.code).startsWith("SQLITE_BUSY");
  }
  return { isBusy, hasMoved: () => isFileMoved(database), [Symbol.dispose]: () => database.close() };
}

interface Writers extends Disposable {
  readonly isBusy: boolean;
  /** Whether somebody put another file in the place of the one that is locked. */
  readonly hasMoved: () => boolean;
}

/** Keeps everybody from reading the store at `path`, by whatever name, until it is disposed of. */
function keepReadersOut(path: string): Disposable {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  database.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  return {
    [Symbol.dispose]: () => {
      database.close();
      for (const end of BESIDE) rmSync(`${path}${end}`, { force: true });
    },
  };
}

/**
 * The damaged store has both names before it loses the first, and loses it in the moment in which the new one takes it:
 * whenever this is cut off, one of them is there. A log must be gone before: it would be replayed into the new store.
 */
async function exchange(
  path: string,
  { store, writers }: { readonly store: StoreFacts | undefined; readonly writers: Writers },
  facts: OpeningFacts,
): Promise<boolean> {
  const held = accountNames(path);
  const mended = store === undefined ? undefined : await mend(path, store);
  const saved = mended === undefined ? [] : accountNames(mended);
  const aside = freePlace(`${path}${KEPT}${timeText(facts.clock.now())}`);
  if (writers.hasMoved()) return await leave(mended);
  for (const end of ["", ...besidesWorthKeeping(path)]) await linkOrCopy(`${path}${end}`, `${aside}${end}`);
  await syncFolder(dirname(path));
  facts.notice(`The vault "${path}" was damaged: it is kept as "${aside}".\n${sayWhatIsLeft(held, saved)}`);
  // Who opens the new store before the last log is gone waits for its lock, and looks for a log only then.
  using _ = mended === undefined ? undefined : keepReadersOut(mended);
  // From here to the end nothing is waited for: somebody may put a backup there at any time.
  if (writers.hasMoved()) return await leave(mended);
  removeLog(path);
  if (mended === undefined) rmSync(path);
  else renameSync(mended, path);
  // Of who opened the damaged one in between: a log of that file must not be replayed into this one.
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    renameSync(`${path}-wal`, `${aside}.late-wal`);
  removeLog(path);
  await syncFolder(dirname(path));
  return true;
}

function removeLog(path: string): void {
  for (const end of BESIDE) rmSync(`${path}${end}`, { force: true });
}

/** Another file is there now: it is looked at anew. */
async function leave(mended: string | undefined): Promise<false> {
  if (mended !== undefined) await rm(mended, { force: true });
  return false;
}

/** Without anything in the log, it and its index belong to who has the store open, and to the store no more. */
function besidesWorthKeeping(path: string): string[] {
  const there = BESIDE.filter((end) => existsSync(`${path}${end}`));
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return (log?.size ?? 0) > 0 ? there : there.filter((end) => end === "-journal");
}

/** A new store with what can still be read of the damaged one, under a name of its own. */
async function mend(path: string, store: StoreFacts): Promise<string> {
  const finished = `${path}.${crypto.randomUUID()}.new`;
  await salvage(path, finished, store);
  return finished;
}

function factsOf(path: string): StoreFacts | undefined {
  try {
    return withDatabase(path, readStoreFacts) ?? undefined;
  } catch {
    return undefined;
  }
}

/** As far as they can be read: from the table, or from the index where the table is broken. */
function accountNames(path: string): string[] {
  const names = new Set<string>();
  try {
    withDatabase(path, (database) => {
      for (const source of ["account NOT INDEXED", "account ORDER BY provider, label"]) {
        const rows = readableRows<AccountName>(database, `SELECT provider, label FROM ${source}`);
        for (const name of rows) names.add(formatAccountName(name));
      }
    });
  } catch {
    // What cannot be opened has no names.
  }
  return [...names].toSorted();
}

function sayWhatIsLeft(held: readonly string[], saved: readonly string[]): string {
  const lost = held.filter((name) => !saved.includes(name));
  const left = saved.length === 0 ? "Nothing of it" : `Of its logins ${saved.join(", ")}`;
  const gone = lost.length === 0 ? "what is missing" : lost.join(", ");
  return (
    `${left} can still be read. Log in again to ${gone}, or put a backup of the vault in its place: ` +
    "the key is still the same"
  );
}

/** A name that no file of an earlier damage has. */
function freePlace(wanted: string): string {
  for (let number = 1; ; number += 1) {
    const place = number === 1 ? wanted : `${wanted}-${number}`;
    if (["", ...BESIDE].every((end) => !existsSync(`${place}${end}`))) return place;
  }
}

/** In UTC, such as `20261122T180512Z`: without colons, which Windows does not take. */
function timeText(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
