/**
 * One open SQLite file, with the settings that make a write durable.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { ConfigurationError } from "../errors.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import { corruptStore, storeTrouble } from "./store_trouble.ts";

export interface Connection {
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Runs reading statements. Trouble becomes a failure that names the file. */
  read<T>(work: () => T): Promise<T>;
  /** Runs `work` as one immediate transaction: a deferred one fails where it must become a writer. */
  write<T>(work: () => T): Promise<T>;
  close(): void;
}

/** Milliseconds a writer waits for the others: 200 processes are through in less. */
const BUSY_TIMEOUT = 10_000;

/** `fullfsync` matters on macOS alone, where fsync does not reach the disk. */
const DURABLE = `
  PRAGMA busy_timeout = ${BUSY_TIMEOUT};
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = 1;
  PRAGMA checkpoint_fullfsync = 1;
`;

/**
 * Opens a store's file that exists.
 *
 * @throws {ConfigurationError} code `store_corrupt` or `store_newer`; the file is left as it is
 */
export function openConnection(path: string, now: () => Date): Connection {
  const database = trouble(path, () => openChecked(path));
  return {
    database,
    now: () => now().getTime(),
    read: async (work) => trouble(path, work),
    write: async (work) => trouble(path, () => database.transaction(work).immediate()),
    close: () => database.close(),
  };
}

function openChecked(path: string): Database {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    database.run(DURABLE);
    checkForm(database, path);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function checkForm(database: Database, path: string): void {
  const form = database
    .query<{ application: number; version: number }, []>(
      "SELECT application_id AS application, user_version AS version FROM pragma_application_id, pragma_user_version",
    )
    .get();
  if (form?.application !== APPLICATION_ID) throw corruptStore(path);
  if (form.version > SCHEMA_VERSION) {
    throw new ConfigurationError(`Cannot use the vault "${path}": it was written by a newer keyfob`, {
      code: "store_newer",
      hint: "keyfob upgrade",
    });
  }
}

function trouble<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}
