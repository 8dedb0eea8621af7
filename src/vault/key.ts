/**
 * Where the vault's key comes from.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { isAbsence, readTrouble } from "../read_trouble.ts";
import { adviceForVault, type KeyAdvice } from "./key_advice.ts";
import { fingerprintOf, parseKey, parseKeyText } from "./key_bytes.ts";
import type { KeyBytes } from "./key_bytes.ts";
import { describeKeySource, isSameSource } from "./key_source.ts";
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

/**
 * The key of a store that exists: the one given explicitly, else from the source that the store recorded.
 *
 * @throws {ConfigurationError} where the key is missing, unreadable or another one. A key is never made here
 */
export async function findKey(facts: KeyFacts, store: StoreFacts): Promise<FoundKey> {
  const advice = adviceForVault(facts, store.keySource);
  const found = (await explicitKey(facts, advice)) ?? (await recordedKey(facts, store, advice));
  if (found.source.kind === "file" && fingerprintOf(found.key) !== store.keyFingerprint) {
    const aside = setAsidePlace(facts.paths, store.keyFingerprint);
    if (await isThere(aside))
      return { ...(await readKey({ kind: "file", place: aside }, advice)), source: found.source };
  }
  if (fingerprintOf(found.key) === store.keyFingerprint) return found;
  throw new ConfigurationError(`Cannot open the vault: ${misfit(found.source, store.keySource)}`, {
    code: "wrong_key",
    hint: advice("other_key", found.source),
  });
}

function misfit(given: KeySource, sealedWith: KeySource): string {
  const why = isSameSource(given, sealedWith)
    ? "it holds another key than it did when the vault was sealed"
    : `it was sealed with the ${describeKeySource(sealedWith)}`;
  return `the ${describeKeySource(given)} does not fit it; ${why}`;
}

/** The key that the environment names; undefined where it names none. */
export async function explicitKey(facts: KeyFacts, advice: KeyAdvice): Promise<FoundKey | undefined> {
  const named = facts.environment["KEYFOB_KEY_FILE"];
  if (named) {
    // The store records the place, and is used from other folders.
    const place = resolve(named);
    await narrowWithNotice(place, facts.notice);
    return readKey({ kind: "variable", place }, advice);
  }
  const folder = facts.environment["CREDENTIALS_DIRECTORY"];
  if (!folder) return undefined;
  const place = join(folder, "keyfob.key");
  return (await isThere(place)) ? readKey({ kind: "credential", place }, advice) : undefined;
}

async function recordedKey(
  facts: KeyFacts,
  { keySource, keyFingerprint }: StoreFacts,
  advice: KeyAdvice,
): Promise<FoundKey> {
  if (keySource.kind === "file") {
    const narrowed = narrowWithNotice(facts.paths.keyFile, facts.notice);
    const [found] = await Promise.all([keyFromFile(facts.paths, keyFingerprint, advice), narrowed]);
    return found;
  }
  if (keySource.kind === "keychain") return keychainEntry(facts, keySource, advice);
  throw new ConfigurationError(
    `Cannot open the vault: it was sealed with the ${describeKeySource(keySource)}, which is not given now`,
    {
      code: "key_missing",
      hint:
        keySource.kind === "variable"
          ? `KEYFOB_KEY_FILE='${keySource.place}'`
          : "run it in the service that has the credential, or let KEYFOB_KEY_FILE name a copy of that key",
    },
  );
}

/** @throws {ConfigurationError} where the keychain gives nothing: a locked one must not look like an absent key */
async function keychainEntry(facts: KeyFacts, source: KeySource, advice: KeyAdvice): Promise<FoundKey> {
  let cause: unknown;
  const text = await facts.keychain?.read(source.place).catch((failure: unknown) => void (cause = failure));
  const key = text ? parseKeyText(text) : undefined;
  if (key !== undefined) return { source, key };
  if (text) throw holdsNoKey(source, advice);
  throw new ConfigurationError(
    "Cannot open the vault: its key is in the OS keychain, which gives nothing now (locked, out of reach, or removed)",
    {
      code: "key_missing",
      hint: `unlock the keychain of this session and try again. Where its entry is gone: ${advice("absent", source)}`,
      cause,
    },
  );
}

/** Where a key waits by its name while the store changes from one to another. */
export function setAsidePlace(paths: Paths, keyFingerprint: string): string {
  return `${paths.keyFile}.${keyFingerprint.slice(0, 16)}`;
}

/** The key of the key file; of the one set aside where a change of keys is under way or was cut off. */
async function keyFromFile(paths: Paths, keyFingerprint: string, advice: KeyAdvice): Promise<FoundKey> {
  try {
    return await readKey({ kind: "file", place: paths.keyFile }, advice);
  } catch (failure) {
    const aside = setAsidePlace(paths, keyFingerprint);
    if ((await isThere(paths.keyFile)) || !(await isThere(aside))) throw failure;
    return readKey({ kind: "file", place: aside }, advice);
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

/**
 * Reads the key at `source`; `advice` is the hint where that fails.
 *
 * @throws {ConfigurationError} code `key_unreadable` or `bad_key`: never the next source instead
 */
export async function readKey(source: KeySource, advice: KeyAdvice): Promise<FoundKey> {
  const key = parseKey(await contentOf(source, advice));
  if (key === undefined) throw holdsNoKey(source, advice);
  return { source, key };
}

function holdsNoKey(source: KeySource, advice: KeyAdvice): ConfigurationError {
  return new ConfigurationError(`Cannot use the ${describeKeySource(source)}: it holds no key`, {
    code: "bad_key",
    hint: advice("no_key", source),
  });
}

async function contentOf(source: KeySource, advice: KeyAdvice): Promise<Uint8Array> {
  try {
    return await Bun.file(source.place).slice(0, LONGEST_KEY_FILE).bytes();
  } catch (cause) {
    const { reason } = readTrouble(cause, source.place);
    throw new ConfigurationError(`Cannot read the ${describeKeySource(source)}: ${reason}`, {
      code: "key_unreadable",
      hint: advice(isAbsence(cause) ? "absent" : "unreadable", source),
      cause,
    });
  }
}
