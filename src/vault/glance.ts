/**
 * A quick look into a vault at rest: one account, read without a lock and without a write.
 *
 * While nothing is written to the store, its write-ahead log is absent or empty, and the file alone holds every login.
 * SQLite may then read it as if it could not change, which spares it the log, the shared memory and their locks. What
 * is written meanwhile goes into the log first, which this look does not see, and changes nothing of what it sees;
 * only when a log is worked into the file do pages change, and then the file's time does.
 *
 * @module
 */
import { constants, Database } from "bun:sqlite";
import type { Account, AccountName } from "./account.ts";
import { type KeyBytes, parseKey } from "./key_bytes.ts";
import { createSealer } from "./sealing.ts";
import { sessionFromText } from "./sealed_text.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import type { KeySource } from "./store.ts";
import { sessionPlace } from "./unsealing.ts";

/** Where to look. */
export interface GlancePlaces {
  /** Holds `vault.db` and `key`. */
  readonly folder: string;
  /** An absolute path: goes before the store's own key file. */
  readonly namedKeyFile: string | undefined;
  /** In place of {@link SETTLED}, where the file system is known to keep finer times. */
  readonly settledMilliseconds?: number;
}

/** What was seen of an account. */
export type Glimpse = Pick<Account, "session" | "state" | "issuedAt">;

/** Bytes of the file's header that say what it is (SQLite's file format, 1.3), and what a vault at rest has there. */
const HEADER_BYTES = 100;
const WRITE_AHEAD = 2;
const WRITE_VERSION_AT = 18;
const READ_VERSION_AT = 19;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

const LONGEST_KEY_FILE = 1024;
/** Any permission of group or others, and the bit of folders that belong to everybody. */
const NOT_OURS_ALONE = 0o1077;
/** Milliseconds after which a further write must change the file's time: file systems have steps of two seconds at most. */
const SETTLED = 3000;

/** In the order of the statement below. */
type Row = readonly [
  id: string,
  sealed: Uint8Array,
  state: Account["state"],
  issuedAt: number,
  storeId: string,
  keyFingerprint: string,
  keyKind: KeySource["kind"],
];

const SELECT = `SELECT account.id, sealed, state, issued_at, store.id, key_fingerprint, key_kind
  FROM account, store WHERE provider = ? AND label = ?`;

/**
 * What is stored under `name`; undefined where that takes more than a look, whatever the reason: a store in use, just
 * written to, or of another form, a key elsewhere than in a file, permissions to be repaired, no such account.
 *
 * For a process that has not opened the store: to close a file that was looked at drops every lock that the process has
 * on it (POSIX fcntl).
 *
 * @throws where something is not as it must be; the ordinary way says what
 */
export async function glanceAt(places: GlancePlaces, name: AccountName): Promise<Glimpse | undefined> {
  const { folder, namedKeyFile, settledMilliseconds = SETTLED } = places;
  const [vaultFile, keyFile] = [`${folder}/vault.db`, namedKeyFile ?? `${folder}/key`];
  // A pipe or a device has no size: whoever opens one may wait for ever, or take what is in it.
  if (sizeOf(keyFile) > LONGEST_KEY_FILE || sizeOf(vaultFile) === Infinity) return undefined;
  // Other threads look at these, and are there when AES needs them, while this one asks SQLite.
  const looking = orNothing(
    Promise.all([keyIn(keyFile), isOfOurForm(vaultFile), areOursAlone([folder, vaultFile, keyFile])]),
  );
  const row = orUndefined(() => rowAtRest(vaultFile, settledMilliseconds, name));
  const [key, isOurForm, isOurs] = (await looking) ?? [];
  if (row === undefined || key === undefined || isOurForm !== true || isOurs !== true) return undefined;
  const [id, sealed, state, issuedAt, storeId, fingerprint, keyKind] = row;
  if (namedKeyFile === undefined && keyKind !== "file") return undefined;
  const sealer = await createSealer(key, storeId, fingerprint);
  const text = await sealer.open(sessionPlace(id), sealed);
  return { session: sessionFromText(text), state, issuedAt: new Date(issuedAt) };
}

/** The account's row, where the whole of it was in the file alone while it was read. */
function rowAtRest(vaultFile: string, settled: number, { provider, label }: AccountName): Row | undefined {
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  using database = new Database(`file:${encodeURIComponent(vaultFile)}?immutable=1`, flags);
  const [[, , path = ""] = []] = database
    .prepare<string[], []>("PRAGMA database_list")
    .values() as string[][];
  const written = timeOf(path);
  if (sizeOf(`${path}-wal`) > 0 || sizeOf(`${path}-journal`) > 0 || !(Date.now() - written > settled))
    return undefined;
  const [row] = database.prepare<Row, [string, string]>(SELECT).values(provider, label);
  return timeOf(path) === written ? (row as Row | undefined) : undefined;
}

/** When the file was last written to, in milliseconds since 1970. */
function timeOf(path: string): number {
  return Bun.file(path).lastModified;
}

/** Bytes; none where there is no such file. */
function sizeOf(path: string): number {
  return Bun.file(path).size;
}

/** Whether the file is a vault of this version that keeps a write-ahead log. */
async function isOfOurForm(vaultFile: string): Promise<boolean> {
  const header = await Bun.file(vaultFile).slice(0, HEADER_BYTES).bytes();
  return (
    header[WRITE_VERSION_AT] === WRITE_AHEAD &&
    header[READ_VERSION_AT] === WRITE_AHEAD &&
    numberAt(header, USER_VERSION_AT) === SCHEMA_VERSION &&
    numberAt(header, APPLICATION_ID_AT) === APPLICATION_ID
  );
}

/** Four bytes, the highest first. */
function numberAt(bytes: Uint8Array, offset: number): number {
  let number = 0;
  for (let index = offset; index < offset + 4; index += 1) number = number * 256 + (bytes[index] ?? 0);
  return number;
}

async function keyIn(path: string): Promise<KeyBytes | undefined> {
  return parseKey(await Bun.file(path).slice(0, LONGEST_KEY_FILE).bytes());
}

/** Whether nobody else may do anything with them. */
async function areOursAlone(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => Bun.file(path).stat()));
  return found.every(({ mode }) => (mode & NOT_OURS_ALONE) === 0);
}

/** The other looks must have ended, and closed their files, before the caller opens the store. */
function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** A failure that may go unheard becomes nothing. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
