/**
 * Opening a SQLite file as far as its disk allows.
 *
 * @module
 */
import { Database, constants } from "bun:sqlite";
import { statSync } from "node:fs";
import { ConfigurationError } from "../errors.ts";
import { dropBallast } from "./ballast.ts";
import { fileBehind } from "./link_target.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import { corruptStore } from "./store_trouble.ts";

/** Milliseconds a writer waits for the others: 200 processes are through in less. */
const BUSY_TIMEOUT = 10_000;

/** `fullfsync` matters on macOS alone, where fsync does not reach the disk. */
const DURABLE = `
  PRAGMA busy_timeout = ${BUSY_TIMEOUT};
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = 1;
  PRAGMA checkpoint_fullfsync = 1;
`;

/** An open file. */
export interface Opened {
  readonly database: Database;
  /** The form its tables have: this version's, or an older one. */
  readonly version: number;
  /** Whether it can only be read, as it is at this moment: what others write from now on is not seen, or seen in part. */
  readonly isReadOnly: boolean;
}

/** A way to open the store's file at `path`. */
export type OpenFile = (path: string) => Opened;

/**
 * A store on a read-only or full disk can still be read: SQLite refuses it only because it cannot keep its shared
 * memory there. Without anything in a log beside it, the file alone is the whole truth.
 */
export function openAnyhow(path: string): Opened {
  try {
    return openToWrite(path);
  } catch (cause) {
    if (!isUnwritable(cause)) throw cause;
    return isWholeAlone(path) ? openToRead(path) : openForWriting(path);
  }
}

/** On a full disk the space that was set aside is given back. */
export function openForWriting(path: string): Opened {
  try {
    return openToWrite(path);
  } catch (cause) {
    if (!isFull(cause) || !dropBallast(path)) throw cause;
    return openToWrite(path);
  }
}

function openToWrite(path: string): Opened {
  return checked(new Database(path, { readwrite: true, create: false, strict: true }), path, false);
}

function openToRead(path: string): Opened {
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  return checked(new Database(`${Bun.pathToFileURL(path).href}?immutable=1`, flags), path, true);
}

/** Whether nothing that belongs to the file lies beside it. An attempt to open it leaves an empty log. */
function isWholeAlone(path: string): boolean {
  const file = fileBehind(path);
  return ["-wal", "-journal"].every(
    (end) => (statSync(`${file}${end}`, { throwIfNoEntry: false })?.size ?? 0) === 0,
  );
}

function isUnwritable(cause: unknown): boolean {
  return /^SQLITE_(?:CANTOPEN|READONLY|FULL|IOERR)/.test(codeOf(cause));
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

function checked(database: Database, path: string, isReadOnly: boolean): Opened {
  try {
    database.run(DURABLE);
    return { database, version: checkedVersion(database, path), isReadOnly };
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function checkedVersion(database: Database, path: string): number {
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
  return form.version;
}

/** Some file systems answer a full disk with an input/output error. */
export function isFull(cause: unknown): boolean {
  return /^SQLITE_(?:FULL|IOERR)/.test(codeOf(cause));
}
