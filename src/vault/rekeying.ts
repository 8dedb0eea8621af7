/**
 * Giving a store another key: every record is sealed anew in one transaction.
 *
 * The new key is durable before the store asks for it, and the old one stays until the store no longer does: a crash
 * at any moment leaves a key that fits.
 *
 * @module
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { ConfigurationError, Unavailable, UsageError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { writePrivateFile } from "../private_file.ts";
import { cannotWrite } from "../write_trouble.ts";
import { findKey, readKey, setAsidePlace } from "./key.ts";
import type { FoundKey, KeyFacts } from "./key.ts";
import { adviceForNextKey } from "./key_advice.ts";
import { describeKeySource } from "./key_source.ts";
import { fingerprintOf, formatKey, newKey } from "./key_bytes.ts";
import { jitter, pause } from "./pause.ts";
import { placeOnce } from "./place_once.ts";
import { createSealer } from "./sealing.ts";
import type { Sealer } from "./sealing.ts";
import type { KeySource, Store, StoreFacts } from "./store.ts";

/** Where the new key is to be: where the old one was, unless said otherwise. */
export interface KeyTarget {
  readonly kind?: "file" | "keychain" | undefined;
  /** A key file of the person's own, made where it is absent. */
  readonly keyFile?: string | undefined;
}

export interface Rekeyed {
  /** As `status` names it. */
  readonly keySource: string;
  readonly records: number;
  /** What the person still has to do; undefined where nothing. */
  readonly advice?: string;
}

/** How keys set aside end: see `setAsidePlace`. */
const ASIDE = /\.[0-9a-f]{16}$/;

/** Milliseconds after which a key set aside is left over: an hour. */
const LEFT_OVER = 3_600_000;

/** Times that a busy store is tried: each time all is sealed anew. */
const TRIES = 20;

/**
 * Exchanges the key of `store`.
 *
 * @throws {UsageError} code `key_target_missing` where the old key's place is not keyfob's to write to
 * @throws {Failed} code `not_written` where the new key's file cannot be written; nothing is changed
 * @throws {ConfigurationError} code `unsealing_failed` where a record cannot be read; nothing is changed
 */
export async function rekey(facts: KeyFacts, store: Store, target: KeyTarget): Promise<Rekeyed> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const old = await store.readFacts();
    const found = await prepareKey(facts, old, target);
    const records = await exchange(facts, store, { old, found });
    if (records !== undefined) return await finish(facts, old, { found, records });
    await discard(facts, found);
    await pause(jitter(50, 250));
  }
  throw new Unavailable("Cannot change the vault's key: the vault is written to all the time", {
    code: "store_busy",
  });
}

async function prepareKey(facts: KeyFacts, old: StoreFacts, target: KeyTarget): Promise<FoundKey> {
  if (target.keyFile !== undefined) return givenKey(resolve(target.keyFile), old);
  const kind = target.kind ?? old.keySource.kind;
  if (kind === "file") return fileKey(facts);
  if (kind === "keychain") return keychainKey(facts, old.storeId);
  throw new UsageError(
    `Cannot change the vault's key: it came as ${describeKeySource(old.keySource)}, which is not keyfob's to write`,
    { code: "key_target_missing", hint: "keyfob rekey --key-file FILE; it is made where it is absent" },
  );
}

/** A file that the person names: its key where it holds one, else a new one. */
async function givenKey(place: string, old: StoreFacts): Promise<FoundKey> {
  const source: KeySource = { kind: "variable", place };
  if (!existsSync(place)) {
    const finished = `${place}.${crypto.randomUUID()}.new`;
    try {
      await writePrivateFile(finished, `${formatKey(newKey())}\n`);
      await placeOnce(finished, place);
    } catch (cause) {
      throw cannotWrite(cause, place, "name another file with --key-file");
    }
  }
  const found = await readKey(source, adviceForNextKey);
  if (fingerprintOf(found.key) !== old.keyFingerprint) return found;
  throw new UsageError(`Cannot change the vault's key: "${place}" holds the key that it has already`, {
    code: "same_key",
    hint: "name another file",
  });
}

/** Lies beside the key file until the store asks for it. */
async function fileKey(facts: KeyFacts): Promise<FoundKey> {
  const key = newKey();
  const place = setAsidePlace(facts.paths, fingerprintOf(key));
  try {
    await writePrivateFile(place, `${formatKey(key)}\n`);
  } catch (cause) {
    throw cannotWrite(cause, place);
  }
  return { source: { kind: "file", place: facts.paths.keyFile }, key };
}

async function keychainKey({ keychain }: KeyFacts, storeId: string): Promise<FoundKey> {
  const key = newKey();
  const place = `vault ${storeId} ${fingerprintOf(key).slice(0, 16)}`;
  try {
    await keychain?.write(place, formatKey(key));
    if ((await keychain?.read(place)) === formatKey(key)) return { source: { kind: "keychain", place }, key };
  } catch (cause) {
    throw keychainRefused(cause);
  }
  throw keychainRefused();
}

function keychainRefused(cause?: unknown): ConfigurationError {
  return new ConfigurationError("Cannot change the vault's key: the OS keychain does not take the new one", {
    code: "keychain_unusable",
    hint: "unlock the keychain of this session, or choose keyfob rekey --to file",
    cause,
  });
}

/** How many records were sealed anew; undefined where one changed meanwhile, and nothing was exchanged. */
async function exchange(
  facts: KeyFacts,
  store: Store,
  { old, found }: { readonly old: StoreFacts; readonly found: FoundKey },
): Promise<number | undefined> {
  const records = await store.records.all();
  const [from, to] = await Promise.all([
    createSealer((await findKey(facts, old)).key, old.storeId),
    createSealer(found.key, old.storeId),
  ]);
  const resealed = await Promise.all(
    records.map(async (record) => ({ ...record, resealed: await sealAnew(from, to, record) })),
  );
  const key = { keyFingerprint: fingerprintOf(found.key), keySource: found.source };
  const exchanged = await store.records.exchange(resealed, {
    before: old.keyFingerprint,
    ...key,
    beforeCommit: () => putInPlace(facts, old, found),
  });
  return exchanged ? records.length : undefined;
}

async function sealAnew(
  from: Sealer,
  to: Sealer,
  { place, sealed }: Awaited<ReturnType<Store["records"]["all"]>>[number],
): ReturnType<Sealer["seal"]> {
  return to.seal(place, await from.open(place, sealed));
}

/** Inside the transaction, so that no two processes do it at once. Until it is committed the old key is found by its name. */
function putInPlace({ paths }: KeyFacts, old: StoreFacts, found: FoundKey): void {
  if (old.keySource.kind === "file" && existsSync(paths.keyFile)) {
    const aside = setAsidePlace(paths, old.keyFingerprint);
    if (!existsSync(aside)) renameSync(paths.keyFile, aside);
  }
  if (found.source.kind === "file") {
    renameSync(setAsidePlace(paths, fingerprintOf(found.key)), paths.keyFile);
  }
}

async function finish(
  facts: KeyFacts,
  old: StoreFacts,
  { found, records }: { readonly found: FoundKey; readonly records: number },
): Promise<Rekeyed> {
  if (old.keySource.kind === "file") rmSync(setAsidePlace(facts.paths, old.keyFingerprint), { force: true });
  if (old.keySource.kind === "keychain") await facts.keychain?.remove(old.keySource.place).catch(() => {});
  sweep(facts.paths);
  const keySource = describeKeySource(found.source);
  const advice = adviceFor(found.source, facts);
  return { keySource, records, ...(advice === undefined ? {} : { advice }) };
}

/** Removes keys that earlier, killed runs left aside: old enough that no run under way can want them. */
function sweep({ keyFile }: Paths): void {
  const [folder, beginning] = [dirname(keyFile), `${basename(keyFile)}.`];
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(beginning) || !ASIDE.test(name)) continue;
    const place = join(folder, name);
    if (Date.now() - statSync(place).mtimeMs > LEFT_OVER) rmSync(place, { force: true });
  }
}

function adviceFor(source: KeySource, { environment }: KeyFacts): string | undefined {
  if (source.kind === "variable") {
    if (environment["KEYFOB_KEY_FILE"] === source.place) return undefined;
    return `from now on give this key: KEYFOB_KEY_FILE='${source.place}'`;
  }
  const named = environment["KEYFOB_KEY_FILE"];
  return named && isAbsolute(named) ? "from now on leave KEYFOB_KEY_FILE unset" : undefined;
}

/** Takes back a key that no store asked for. */
async function discard({ keychain, paths }: KeyFacts, { source, key }: FoundKey): Promise<void> {
  if (source.kind === "file") rmSync(setAsidePlace(paths, fingerprintOf(key)), { force: true });
  if (source.kind === "keychain") await keychain?.remove(source.place).catch(() => {});
}
