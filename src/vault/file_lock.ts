/**
 * A lock between the processes of this machine that ends with the process that holds it.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { Unavailable } from "../errors.ts";
import { jitter, pause } from "./pause.ts";

/** Milliseconds to wait for the others. */
const PATIENCE = 60_000;

/**
 * Runs `work` while nobody else holds the lock of the file at `path`, which is made where it is absent, and stays.
 * The lock is SQLite's own: the system takes it back however the process ends.
 *
 * @throws {Unavailable} code `store_busy` where another process keeps it for too long
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  closeSync(openSync(path, "a", 0o600));
  const database = new Database(path, { readwrite: true, create: false });
  try {
    await take(database, path);
    return await work();
  } finally {
    database.close();
  }
}

/** Asks again and again instead of waiting in SQLite, which would stop this whole process. */
async function take(database: Database, path: string): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end;) {
    try {
      database.run("BEGIN EXCLUSIVE");
      return;
    } catch (cause) {
      const isHeld = cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY";
      if (!isHeld) throw cause;
    }
    await pause(jitter(50, 150));
  }
  throw new Unavailable(`Cannot lock "${path}": another process holds it`, { code: "store_busy" });
}
