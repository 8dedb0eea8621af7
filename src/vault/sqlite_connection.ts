/**
 * One open SQLite file, with the settings that make a write durable.
 *
 * @module
 */
import { Database, constants } from "bun:sqlite";
import { existsSync } from "node:fs";
import { ConfigurationError, Unavailable } from "../errors.ts";
import { dropBallast, keepBallast } from "./ballast.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import type { Clock } from "./store.ts";
import { corruptStore, storeTrouble } from "./store_trouble.ts";

export interface Connection {
  readonly database: Database;
  readonly clock: Clock;
  /** The form its tables have: this version's, or an older one. */
  readonly version: number;
  /** Runs reading statements. Trouble becomes a failure that names the file. */
  read<T>(work: () => T): Promise<T>;
  /** Runs `work` as one immediate transaction: a deferred one fails where it must become a writer. */
  write<T>(work: () => T): Promise<T>;
  /**
   * Nothing may begin in a file that was moved aside: what is written there is lost.
   *
   * @throws {Unavailable} code `store_moved`
   */
  refuseMoved(): void;
  /** Sets disk space aside for the writes to come. */
  reserve(): Promise<void>;
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
export function openConnection(path: string, clock: Clock): Connection {
  const { database, version } = trouble(path, () => openAnyhow(path));
  return {
    database,
    clock,
    version,
    read: async (work) => trouble(path, work),
    write: async (work) => trouble(path, () => writeAtAnyCost(database, path, work)),
    refuseMoved: () => refuseMoved(database, path),
    reserve: async () => trouble(path, () => keepBallast(path)),
    close: () => database.close(),
  };
}

function refuseMoved(database: Database, path: string): void {
  const answer = new Int32Array(2);
  database.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, answer);
  if (answer[0] === 0) return;
  throw new Unavailable(`Cannot use the vault "${path}": another file has taken its place`, {
    code: "store_moved",
    hint: "run the command again: it opens the file that is there now",
  });
}

/** On a full disk the space that was set aside is given back, once. */
function writeAtAnyCost<T>(database: Database, path: string, work: () => T): T {
  const transaction = database.transaction(work);
  try {
    return transaction.immediate();
  } catch (cause) {
    if (!isFull(cause) || !dropBallast(path)) throw cause;
    return transaction.immediate();
  }
}

/** Some file systems answer a full disk with an input/output error. */
function isFull(cause: unknown): boolean {
  return /^SQLITE_(?:FULL|IOERR)/.test(codeOf(cause));
}

/** Milliseconds since 1970. */
export function timeOf({ clock }: Connection): number {
  return clock.now().getTime();
}

/** Of the key that the store has at this moment. */
export function keyFingerprint({ database }: Connection): string {
  return (
    database.query<{ found: string }, []>("SELECT key_fingerprint AS found FROM store").get()?.found ?? ""
  );
}

interface Opened {
  readonly database: Database;
  readonly version: number;
}

/**
 * A store on a read-only or full disk can still be read: SQLite refuses it only because it cannot keep its shared
 * memory there. Without a log beside it, the file alone is the whole truth.
 */
function openAnyhow(path: string): Opened {
  try {
    return openToWrite(path);
  } catch (cause) {
    if (isFull(cause) && dropBallast(path)) return openToWrite(path);
    if (!isUnwritable(cause) || existsSync(`${path}-wal`)) throw cause;
    const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
    return checked(new Database(`${Bun.pathToFileURL(path).href}?immutable=1`, flags), path);
  }
}

function openToWrite(path: string): Opened {
  return checked(new Database(path, { readwrite: true, create: false, strict: true }), path);
}

function isUnwritable(cause: unknown): boolean {
  return /^SQLITE_(?:CANTOPEN|READONLY|FULL|IOERR)/.test(codeOf(cause));
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

function checked(database: Database, path: string): Opened {
  try {
    database.run(DURABLE);
    return { database, version: checkedVersion(database, path) };
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

function trouble<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}
