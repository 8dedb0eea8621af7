/**
 * A quick look into a vault at rest: one account, read without a lock and without a write.
 *
 * While nothing is written to the store, its write-ahead log is empty, and the file alone holds every login. SQLite may
 * then read it as if it could not change, which spares it the log, the shared memory and their locks. Where a writer
 * comes meanwhile, its pages are mixed in with older ones: each is a state that the store was in since the look began,
 * a record that is torn between two of them does not open, and the second look at the log sees the writer.
 *
 * @module
 */
import { constants, Database } from "bun:sqlite";
import type { Account, AccountName } from "./account.ts";
import { type KeyBytes, parseKey } from "./key_bytes.ts";
import { isWide } from "./permissions.ts";
import { createSealer } from "./sealing.ts";
import { sessionFromText } from "./sealed_text.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./sqlite_form.ts";
import type { KeySource } from "./store.ts";
import { sessionPlace } from "./unsealing.ts";

/** Where to look. */
export interface GlancePlaces {
  /** Holds `vault.db` and `key`. */
  readonly folder: string;
  /** `KEYFOB_KEY_FILE`: goes before the store's own key file. */
  readonly namedKeyFile: string | undefined;
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
 * What is stored under `name`; undefined where that takes more than a look, whatever the reason: a store in use, or of
 * another form, a key elsewhere than in a file, permissions to be repaired, no such account.
 *
 * For a process that has not opened the store: to close a file that was looked at drops every lock that the process has
 * on it (POSIX fcntl).
 *
 * @throws where something is not as it must be; the ordinary way says what
 */
export async function glanceAt(places: GlancePlaces, name: AccountName): Promise<Glimpse | undefined> {
  const { folder, namedKeyFile } = places;
  const vaultFile = `${folder}/vault.db`;
  const keyFile = namedKeyFile ?? `${folder}/key`;
  if (!isAtRest(vaultFile)) return undefined;
  // Other threads look at these, and are there when AES needs them, while this one asks SQLite.
  const looking = areOursAlone([folder, vaultFile, keyFile]);
  if (!isOfOurForm(vaultFile)) return undefined;
  const key = keyIn(keyFile);
  const row = rowOf(vaultFile, name);
  if (key === undefined || row === undefined) return undefined;
  const [id, sealed, state, issuedAt, storeId, fingerprint, keyKind] = row;
  if (namedKeyFile === undefined && keyKind !== "file") return undefined;
  const sealer = await createSealer(key, storeId, fingerprint);
  const text = await sealer.open(sessionPlace(id), sealed);
  if (!(await looking) || !isAtRest(vaultFile)) return undefined;
  return { session: sessionFromText(text), state, issuedAt: new Date(issuedAt) };
}

/** Whether nothing was written to the store that its file does not hold. */
function isAtRest(vaultFile: string): boolean {
  return Bun.file(`${vaultFile}-wal`).size === 0;
}

/** Whether the file is a vault of this version that keeps a write-ahead log. */
function isOfOurForm(vaultFile: string): boolean {
  const header = Bun.mmap(vaultFile, { size: HEADER_BYTES });
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

/** A pipe or a device has no size: nothing is taken from it here. */
function keyIn(path: string): KeyBytes | undefined {
  const { size } = Bun.file(path);
  return size > 0 && size <= LONGEST_KEY_FILE ? parseKey(Bun.mmap(path)) : undefined;
}

function rowOf(vaultFile: string, { provider, label }: AccountName): Row | undefined {
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  using database = new Database(`file:${encodeURIComponent(vaultFile)}?immutable=1`, flags);
  const [row] = database.prepare<Row, [string, string]>(SELECT).values(provider, label);
  return row as Row | undefined;
}

/** Whether nobody else may do anything with them; false where that cannot be told. Never rejects: it may go unheard. */
async function areOursAlone(paths: readonly string[]): Promise<boolean> {
  try {
    const found = await Promise.all(paths.map((path) => Bun.file(path).stat()));
    return !found.some(isWide);
  } catch {
    return false;
  }
}
