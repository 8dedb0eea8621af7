/**
 * One open SQLite file, with the settings that make a write durable.
 *
 * @module
 */
import type { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { dropBallast, keepBallast } from "./ballast.ts";
import { isFileMoved, isStoreMoved, storeGone, storeReplaced } from "./moved_store.ts";
import { readStoreFacts } from "./sqlite_facts.ts";
import { SCHEMA_VERSION } from "./sqlite_form.ts";
import { isFull, openAnyhow, openForWriting } from "./sqlite_opening.ts";
import type { Opened, OpenFile } from "./sqlite_opening.ts";
import type { Clock } from "./store.ts";
import { storeTrouble } from "./store_trouble.ts";

export interface Connection {
  /** The open file. It may be another one at the next piece of work. */
  readonly database: Database;
  readonly clock: Clock;
  /** The form its tables have: this version's, or an older one. */
  readonly version: number;
  /**
   * Runs reading statements. Trouble becomes a failure that names the file.
   *
   * @throws {Unavailable} code `store_moved`: never gives what is in a file that was moved
   */
  read<T>(work: () => T): Promise<T>;
  /**
   * Runs `work` as one immediate transaction: a deferred one fails where it must become a writer.
   *
   * @throws {Unavailable} code `store_moved`: nothing is written to a file that was moved, since it would be lost
   */
  write<T>(work: () => T): Promise<T>;
  /**
   * Like {@link Connection.write}, for what came of a request that was sent: where there is no other file to go on in,
   * it is written to the one that was moved, which somebody may put back.
   */
  conclude<T>(work: () => T): Promise<T>;
  /** Where another file takes this one's place, goes on in that one if it is the store of this id. */
  follow(storeId: string): void;
  /** Whether what was opened is not what is at its place, even where the work goes on there. */
  hasMoved(): boolean;
  /** Sets disk space aside for the writes to come. @throws {Failed} where there is none, or nothing can be written */
  reserve(): Promise<void>;
  close(): void;
}

/**
 * Opens a store's file that exists.
 *
 * @throws {ConfigurationError} code `store_corrupt` or `store_newer`; the file is left as it is
 */
export function openConnection(path: string, clock: Clock): Connection {
  return new SqliteConnection(path, clock);
}

class SqliteConnection implements Connection {
  readonly clock: Clock;
  readonly version: number;
  readonly #path: string;
  #database: Database;
  #storeId: string | undefined;
  #isElsewhere = false;
  #isReadOnly: boolean;
  /** Of the file that was opened: SQLite follows links once, and does not see them turned to another file. */
  #identity: string;

  constructor(path: string, clock: Clock) {
    const identity = identityOf(path);
    const { database, version, isReadOnly } = trouble(path, () => openAnyhow(path));
    this.#path = path;
    this.#identity = identity;
    this.#database = database;
    this.#isReadOnly = isReadOnly;
    this.clock = clock;
    this.version = version;
  }

  get database(): Database {
    return this.#database;
  }

  async read<T>(work: () => T): Promise<T> {
    return trouble(this.#path, () => {
      this.#keepUp();
      return work();
    });
  }

  async write<T>(work: () => T): Promise<T> {
    return trouble(this.#path, () => this.#write(work));
  }

  async conclude<T>(work: () => T): Promise<T> {
    return trouble(this.#path, () => {
      try {
        return this.#write(work);
      } catch (cause) {
        // Still the moved file: there is none to go on in, for whatever reason.
        if (!this.#isMoved()) throw cause;
        const result = writeAtAnyCost(this.#database, this.#path, work);
        this.#emptyLog();
        return result;
      }
    });
  }

  follow(storeId: string): void {
    this.#storeId = storeId;
  }

  hasMoved(): boolean {
    return this.#isElsewhere || this.#isMoved();
  }

  async reserve(): Promise<void> {
    trouble(this.#path, () => {
      keepBallast(this.#path);
      // Changes nothing, and yet fails where nothing could be changed.
      this.#write(() => this.#database.run("DELETE FROM attempt WHERE FALSE"));
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Whoever moves the file keeps writers out meanwhile: what a writer finds at its beginning holds to its end. */
  #write<T>(work: () => T): T {
    this.#keepUp(openForWriting);
    const guarded = (): T => {
      if (this.#isMoved()) throw storeReplaced(this.#path);
      return work();
    };
    try {
      return writeAtAnyCost(this.#database, this.#path, guarded);
    } catch (cause) {
      if (!isStoreMoved(cause)) throw cause;
      this.#keepUp();
      return writeAtAnyCost(this.#database, this.#path, guarded);
    }
  }

  /** The log keeps the name it had, and is not found beside the file that was moved. What was written is safe in it. */
  #emptyLog(): void {
    try {
      this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Then whoever puts the file back finds the log where it was, unless another store has taken its name.
    }
  }

  /** Whether the path leads to another file now, or to none: SQLite itself does not see a link that was turned. */
  #isMoved(): boolean {
    return isFileMoved(this.#database) || identityOf(this.#path) !== this.#identity;
  }

  /**
   * Goes on in the file that took this one's place, where it did. What could only be read is opened anew by `openFile`
   * each time: whatever stood in the way may be gone, and others may have written since.
   */
  #keepUp(openFile: OpenFile = openAnyhow): void {
    const isMoved = this.#isMoved();
    if (!isMoved && !this.#isReadOnly) return;
    const identity = identityOf(this.#path);
    const { database, isReadOnly } = openSame(this.#path, this.#storeId, openFile);
    this.#database.close();
    this.#database = database;
    this.#identity = identity;
    this.#isReadOnly = isReadOnly;
    this.#isElsewhere ||= isMoved;
  }
}

/** Which file has the name `path`, behind all links; empty where none has. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.dev} ${found.ino}`;
}

/** Opens the store of this id at `path`. Anything but that store, in this version's form, is not gone on in. */
function openSame(path: string, storeId: string | undefined, openFile: OpenFile): Opened {
  if (!existsSync(path)) throw storeGone(path);
  const opened = openFile(path);
  const { database, version } = opened;
  try {
    if (version === SCHEMA_VERSION && readStoreFacts(database)?.storeId === storeId) return opened;
    throw storeReplaced(path);
  } catch (cause) {
    database.close();
    throw cause;
  }
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

function trouble<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    // Without a write-ahead log, SQLite itself writes to no file that was moved.
    throw codeOf(cause) === "SQLITE_READONLY_DBMOVED" ? storeReplaced(path) : storeTrouble(cause, path);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
