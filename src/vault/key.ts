/**
 * Where the vault's key comes from.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { fingerprintOf, parseKey, parseKeyText } from "./key_bytes.ts";
import type { KeyBytes } from "./key_bytes.ts";
import type { Keychain } from "./keychain.ts";
import { narrowWithNotice, statOf } from "./permissions.ts";
import type { KeySource, StoreFacts } from "./store.ts";

export interface FoundKey {
  readonly source: KeySource;
  readonly key: KeyBytes;
}

/** What finding a key depends on. */
export interface KeyFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly paths: Paths;
  readonly keychain: Keychain | undefined;
  readonly notice: (text: string) => void;
}

/** Bytes read of a key file: more than any key takes, so that /dev/zero ends. */
const LONGEST_KEY_FILE = 1024;

/** As `status` and `doctor` name it. */
export function describeKeySource(source: KeySource): string {
  const what = {
    variable: "key file from KEYFOB_KEY_FILE",
    credential: "systemd credential",
    keychain: "OS keychain, entry",
    file: "key file",
  }[source.kind];
  return `${what} "${source.place}"`;
}

/**
 * The key of a store that exists: the one given explicitly, else from the source that the store recorded.
 *
 * @throws {ConfigurationError} where the key is missing, unreadable or another one. A key is never made here
 */
export async function findKey(facts: KeyFacts, store: StoreFacts): Promise<FoundKey> {
  const found = (await explicitKey(facts)) ?? (await recordedKey(facts, store));
  if (found.source.kind === "file" && fingerprintOf(found.key) !== store.keyFingerprint) {
    const aside = setAsidePlace(facts.paths, store.keyFingerprint);
    if (await isThere(aside))
      return { ...(await readKey({ kind: "file", place: aside })), source: found.source };
  }
  if (fingerprintOf(found.key) === store.keyFingerprint) return found;
  throw new ConfigurationError(
    `Cannot open the vault: the ${describeKeySource(found.source)} does not fit it; ` +
      `it was sealed with the ${describeKeySource(store.keySource)}`,
    { code: "wrong_key", hint: "give the key it was sealed with, for example through KEYFOB_KEY_FILE" },
  );
}

/** The key that the environment names; undefined where it names none. */
export async function explicitKey(facts: KeyFacts): Promise<FoundKey | undefined> {
  const named = facts.environment["KEYFOB_KEY_FILE"];
  if (named) {
    // The store records the place, and is used from other folders.
    const place = resolve(named);
    await narrowWithNotice(place, facts.notice);
    return readKey({ kind: "variable", place });
  }
  const folder = facts.environment["CREDENTIALS_DIRECTORY"];
  if (!folder) return undefined;
  const place = join(folder, "keyfob.key");
  return (await isThere(place)) ? readKey({ kind: "credential", place }) : undefined;
}

async function recordedKey(facts: KeyFacts, { keySource, keyFingerprint }: StoreFacts): Promise<FoundKey> {
  if (keySource.kind === "file") {
    const narrowed = narrowWithNotice(facts.paths.keyFile, facts.notice);
    const [found] = await Promise.all([keyFromFile(facts.paths, keyFingerprint), narrowed]);
    return found;
  }
  if (keySource.kind === "keychain") return keychainEntry(facts, keySource.place);
  throw new ConfigurationError(
    `Cannot open the vault: it was sealed with the ${describeKeySource(keySource)}, which is not given now`,
    {
      code: "key_missing",
      hint: `KEYFOB_KEY_FILE='${keySource.place}'`,
    },
  );
}

/** @throws {ConfigurationError} where the keychain gives nothing: a locked one must not look like an absent key */
async function keychainEntry(facts: KeyFacts, entry: string): Promise<FoundKey> {
  const source: KeySource = { kind: "keychain", place: entry };
  let cause: unknown;
  const text = await facts.keychain?.read(source.place).catch((failure: unknown) => void (cause = failure));
  const key = text ? parseKeyText(text) : undefined;
  if (key !== undefined) return { source, key };
  throw new ConfigurationError(
    "Cannot open the vault: its key is in the OS keychain, which gives nothing now (locked, out of reach, or removed)",
    { code: "key_missing", hint: "unlock the keychain of this session and try again", cause },
  );
}

/** Where a key waits by its name while the store changes from one to another. */
export function setAsidePlace(paths: Paths, keyFingerprint: string): string {
  return `${paths.keyFile}.${keyFingerprint.slice(0, 16)}`;
}

/** The key of the key file; of the one set aside where a change of keys is under way or was cut off. */
async function keyFromFile(paths: Paths, keyFingerprint: string): Promise<FoundKey> {
  try {
    return await readKey({ kind: "file", place: paths.keyFile });
  } catch (failure) {
    const aside = setAsidePlace(paths, keyFingerprint);
    if ((await isThere(paths.keyFile)) || !(await isThere(aside))) throw failure;
    return readKey({ kind: "file", place: aside });
  }
}

/** What cannot be looked at is not there: a variable of a service may be left over in another user's session. */
async function isThere(path: string): Promise<boolean> {
  return (await statOf(path).catch(() => undefined)) !== undefined;
}

/** One entry a store, so that no store can overwrite the key of another. */
export function entryName(storeId: string): string {
  return `vault ${storeId}`;
}

/** @throws {ConfigurationError} code `key_unreadable` or `bad_key`: never the next source instead */
export async function readKey(source: KeySource): Promise<FoundKey> {
  const key = parseKey(await contentOf(source));
  if (key !== undefined) return { source, key };
  throw new ConfigurationError(`Cannot use the ${describeKeySource(source)}: it holds no key`, {
    code: "bad_key",
    hint: "a key is 32 bytes, or their base64 or hex text: openssl rand -base64 32",
  });
}

async function contentOf({ kind, place }: KeySource): Promise<Uint8Array> {
  try {
    return await Bun.file(place).slice(0, LONGEST_KEY_FILE).bytes();
  } catch (cause) {
    throw new ConfigurationError(`Cannot read the ${describeKeySource({ kind, place })}`, {
      code: "key_unreadable",
      hint: "without this key the logins it sealed cannot be read: restore it from a backup",
      cause,
    });
  }
}
