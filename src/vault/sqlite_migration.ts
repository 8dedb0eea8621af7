/**
 * Bringing a store that an older version wrote to the form of this one, with a backup.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { open, rm } from "node:fs/promises";
import { placeOnce } from "./place_once.ts";
import { storeTrouble } from "./store_trouble.ts";

/** One step between two forms. */
export interface Migration {
  /** The form it starts from; it leads to the next. */
  readonly from: number;
  readonly sql: string;
}

/** Every step so far, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  {
    from: 1,
    sql: "ALTER TABLE account ADD COLUMN receipt TEXT; ALTER TABLE account ADD COLUMN lease_tick INTEGER;",
  },
];

/** Milliseconds to wait for another process that does the same. */
const BUSY_TIMEOUT = 30_000;

/**
 * Takes every step from the form the store has, all in one transaction. Of several processes one does it.
 * Returns where the store is kept as it was before.
 *
 * @throws {Failed} where it cannot be written; then the store is as before
 */
export async function migrate(
  path: string,
  from: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string> {
  const backup = `${path}.form-${from}`;
  try {
    await keepBackup(path, backup, from);
    changeForm(path, migrations);
    return backup;
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}

/** A whole copy, made by SQLite itself so that it is of one moment. The first one made stays. */
async function keepBackup(path: string, backup: string, from: number): Promise<void> {
  const finished = `${backup}.${crypto.randomUUID()}.new`;
  try {
    await (await open(finished, "wx", 0o600)).close();
    withDatabase(path, (database) => database.run("VACUUM INTO ?", [finished]));
    // Where another process was quicker, this copy is of the new form and no backup.
    if (withDatabase(finished, versionOf) !== from) return;
    await syncFile(finished);
    await placeOnce(finished, backup);
  } finally {
    await rm(finished, { force: true });
  }
}

function changeForm(path: string, migrations: readonly Migration[]): void {
  withDatabase(path, (database) => {
    database
      .transaction(() => {
        for (const { from, sql } of migrations) {
          if (versionOf(database) !== from) continue;
          database.run(sql);
          database.run(`PRAGMA user_version = ${from + 1}`);
        }
      })
      .immediate();
  });
}

function versionOf(database: Database): number {
  return (
    database.query<{ user_version: number }, []>("SELECT user_version FROM pragma_user_version").get()
      ?.user_version ?? 0
  );
}

function withDatabase<T>(path: string, work: (database: Database) => T): T {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;`);
    return work(database);
  } finally {
    database.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
