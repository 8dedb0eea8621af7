/**
 * Whether a store's file is damaged beyond use.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { lstatSync } from "node:fs";
import { SEALED_TABLES } from "./record_places.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";

/** Milliseconds to wait for a writer: a file that stays locked is not judged, and opening it will say so. */
const BUSY_TIMEOUT = 2000;

const TABLES = ["store", ...Object.values(SEALED_TABLES).map(({ name }) => name)];

/**
 * Whether the file at `path` is proven to be no store, or one with pages that cannot be read. All that leaves a doubt
 * is no damage: a file that is absent, locked, out of reach, on a failing disk, or of a newer version.
 */
export function isDamaged(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  // Where a link leads is not keyfob's to change.
  if (found === undefined || !found.isFile()) return false;
  if (found.size === 0) return true;
  try {
    return withDatabase(path, hasDamage);
  } catch (cause) {
    return isProof(cause);
  }
}

/** Says what SQLite says of a file that is no database, or a broken one; disks, locks and permissions say otherwise. */
function isProof(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}

function hasDamage(database: Database): boolean {
  if (numberOf(database, "SELECT application_id AS found FROM pragma_application_id") !== APPLICATION_ID)
    return true;
  if (numberOf(database, "SELECT user_version AS found FROM pragma_user_version") > SCHEMA_VERSION)
    return false;
  const tables = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema").all();
  if (TABLES.some((name) => !tables.some((table) => table.name === name))) return true;
  if (numberOf(database, "SELECT count(*) AS found FROM store") !== 1) return true;
  const check = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").get();
  return check?.integrity_check !== "ok";
}

function numberOf(database: Database, sql: string): number {
  return database.query<{ found: number }, []>(sql).get()?.found ?? 0;
}

/** Runs `work` on the file, whatever state it is in. */
export function withDatabase<T>(path: string, work: (database: Database) => T): T {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    return work(database);
  } finally {
    database.close();
  }
}
