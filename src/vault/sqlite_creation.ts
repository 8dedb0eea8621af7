/**
 * The making of a SQLite store: its tables.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { open, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { placeOnce } from "./place_once.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import type { StoreFacts } from "./store.ts";
import { storeTrouble } from "./store_trouble.ts";

/** Names, states and times are data; what is secret is in the `sealed` columns. Times: milliseconds since 1970. */
const TABLES = `
  CREATE TABLE store (
    id TEXT NOT NULL, key_fingerprint TEXT NOT NULL, key_kind TEXT NOT NULL, key_place TEXT NOT NULL
  ) STRICT;
  CREATE TABLE account (
    id TEXT PRIMARY KEY, provider TEXT NOT NULL, label TEXT NOT NULL,
    generation INTEGER NOT NULL, sealed BLOB NOT NULL, state TEXT NOT NULL, reason TEXT,
    created_at INTEGER NOT NULL, issued_at INTEGER NOT NULL, refreshed_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0, last_error TEXT,
    lease_owner TEXT, lease_holder TEXT, lease_until INTEGER, lease_tick INTEGER, receipt TEXT,
    UNIQUE (provider, label)
  ) STRICT;
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, generation INTEGER NOT NULL,
    owner TEXT NOT NULL, state TEXT NOT NULL, sealed BLOB,
    UNIQUE (account_id, owner)
  ) STRICT;
  CREATE TABLE attempt (
    id TEXT PRIMARY KEY, sealed BLOB, state TEXT NOT NULL, expires_at INTEGER NOT NULL, forget_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE secret (id TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
`;

/** Linux file systems where other machines may write and shared memory is not shared: 9p, NFS, SMB, CIFS, FUSE, AFS. */
const NETWORK_FILE_SYSTEMS = new Set([0x01021997, 0x6969, 0xfe534d42, 0xff534d42, 0x65735546, 0x5346414f]);

/**
 * Makes the file of an empty store, whole before it gets its name. False where another process was first.
 *
 * @throws {Failed} where nothing can be written there
 */
export async function createStoreFile(path: string, facts: StoreFacts): Promise<boolean> {
  const finished = `${path}.${crypto.randomUUID()}.new`;
  try {
    await makeStoreFile(finished, facts);
    return await placeOnce(finished, path);
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}

/** Makes a store at `path`, where nothing may be, with what `add` writes to its tables. Leaves nothing where it fails. */
export async function makeStoreFile(
  path: string,
  facts: StoreFacts,
  add: (database: Database) => void = () => {},
): Promise<void> {
  try {
    await (await open(path, "wx", 0o600)).close();
    fill(path, { facts, add, sharedMemory: await mayShareMemory(dirname(path)) });
  } catch (cause) {
    for (const end of ["", "-wal", "-shm", "-journal"]) await rm(`${path}${end}`, { force: true });
    throw cause;
  }
}

interface Filling {
  readonly facts: StoreFacts;
  readonly add: (database: Database) => void;
  readonly sharedMemory: boolean;
}

function fill(path: string, { facts, add, sharedMemory }: Filling): void {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    database.run("PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;");
    database.run(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; ${TABLES}`,
    );
    database.run("INSERT INTO store VALUES (?, ?, ?, ?)", [
      facts.storeId,
      facts.keyFingerprint,
      facts.keySource.kind,
      facts.keySource.place,
    ]);
    add(database);
    if (sharedMemory) preferWriteAheadLog(database);
  } finally {
    database.close(true);
  }
}

/** Write-ahead logging lets readers and a writer go on together. Where it cannot be had, the default is as safe. */
function preferWriteAheadLog(database: Database): void {
  try {
    database.run("PRAGMA journal_mode = WAL");
  } catch {
    database.run("PRAGMA journal_mode = DELETE");
  }
}

async function mayShareMemory(folder: string): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const { type } = await statfs(folder);
  return !NETWORK_FILE_SYSTEMS.has(type >>> 0);
}
