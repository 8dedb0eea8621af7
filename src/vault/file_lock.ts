/**
 * A lock between the processes of this machine that ends with the process that holds it.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { closeSync, openSync, rmSync } from "node:fs";
import { Unavailable } from "../errors.ts";
import { isFileMoved } from "./moved_store.ts";
import { jitter, pause } from "./pause.ts";

/** Milliseconds to wait for the others. */
const PATIENCE = 60_000;

/** A journal on the disk would have a name that goes with the lock's, and could be another holder's by the end. */
const LOCK = "PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE";

/**
 * Runs `work` while nobody else holds the lock of the file at `path`, which is made where it is absent, and removed in
 * the end. The lock is SQLite's own: the system takes it back however the process ends.
 *
 * Only who holds the lock of the very file that has the name removes it, before the lock is given back. Who waited for
 * that file gets the lock of one without a name then, sees so, and begins again: two never hold what both take for the
 * lock. A process that is killed leaves the file to the next.
 *
 * @throws {Unavailable} code `store_busy` where another process keeps it for too long
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const database = await take(path);
  try {
    return await work();
  } finally {
    remove(path);
    database.close();
  }
}

/** The lock of the file that has the name when the lock is had. */
async function take(path: string): Promise<Database> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    make(path);
    // Made once more where it was removed in this very moment.
    const database = new Database(path, { readwrite: true, create: true });
    try {
      await takeOn(database, path, end);
      if (!isFileMoved(database)) return database;
    } catch (cause) {
      database.close();
      throw cause;
    }
    database.close();
  }
}

/** Asks again and again instead of waiting in SQLite, which would stop this whole process. */
async function takeOn(database: Database, path: string, end: number): Promise<void> {
  while (performance.now() < end) {
    try {
      database.run(LOCK);
      return;
    } catch (cause) {
      if (codeOf(cause) !== "SQLITE_BUSY") throw cause;
    }
    await pause(jitter(50, 150));
  }
  throw new Unavailable(`Cannot lock "${path}": another process holds it`, { code: "store_busy" });
}

/** A file that is there is not opened: closing it again would take back every lock that this process has on it. */
function make(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
  }
}

/** Where it cannot be removed it stays, which harms nobody. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What `work` came to matters more.
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
