/**
 * Opening the store with its key, or making both.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import { findKey } from "./key.ts";
import type { FoundKey, KeyFacts } from "./key.ts";
import { describeKeySource } from "./key_source.ts";
import { fileBehind } from "./link_target.ts";
import { isSameVault, storeGone, storeReplaced } from "./moved_store.ts";
import { claimFolder, narrowWithNotice, statOf } from "./permissions.ts";
import { createSealer } from "./sealing.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Clock, Store, StoreFacts } from "./store.ts";
import { brokenLink, corruptStore, storeTrouble } from "./store_trouble.ts";
import { followKey } from "./vault_sealer.ts";
import type { VaultSealer } from "./vault_sealer.ts";

/** A store with the key that fits. */
export interface OpenStore {
  readonly store: Store;
  readonly sealer: VaultSealer;
  /** As `status` and `doctor` name it. */
  readonly keySource: string;
}

export interface OpeningFacts extends KeyFacts {
  readonly clock: Clock;
}

/**
 * Opens the store where there is one. Makes nothing.
 *
 * @throws {ConfigurationError} where the file is no vault of ours, or the key is missing or another one; code
 *   `store_link_broken` where there is a link that leads to nothing
 */
export function openExisting(facts: OpeningFacts): Promise<OpenStore | undefined> {
  return open(facts);
}

/**
 * Opens what took the place of the store with the facts `before`.
 *
 * @throws {Unavailable} code `store_moved` where nothing is there, or another vault: another store with another key
 * @throws {ConfigurationError} as {@link openExisting} does
 */
export async function openSuccessor(facts: OpeningFacts, before: StoreFacts): Promise<OpenStore> {
  const path = facts.paths.vaultFile;
  const opened = await open(facts, (found) => {
    if (!isSameVault(before, found)) throw storeReplaced(path);
  });
  return opened ?? Promise.reject(storeGone(path));
}

/** `check` throws where the store is not to be used; its key is not looked for then. */
async function open(
  facts: OpeningFacts,
  check?: (found: StoreFacts) => void,
): Promise<OpenStore | undefined> {
  const elsewhere = facts.environment["KEYFOB_STORE"];
  if (elsewhere) {
    const { openPostgresStore } = await import("./postgres.ts");
    const store = await openPostgresStore(elsewhere, facts.notice);
    return store === undefined ? undefined : withKey({ ...facts, keychain: undefined }, store);
  }
  const path = facts.paths.vaultFile;
  const folder = dirname(path);
  const behind = fileBehind(path);
  const [home, file, ...beside] = await statAll(path, [folder, path, `${behind}-wal`, `${behind}-shm`]);
  if (file === undefined && behind !== path) throw brokenLink(path, behind);
  if (file === undefined) return undefined;
  // We give the name to finished files only.
  if (!file.stats.isFile() || file.stats.size === 0) throw corruptStore(path);
  await claimFolder(folder, facts.notice, home?.stats);
  for (const found of [file, ...beside]) {
    if (found !== undefined) await narrowWithNotice(found.path, facts.notice, found.stats);
  }
  return withKey(facts, await openSqliteStore(path, facts), check);
}

interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
}

/** What stands at each of `paths`, looked at all at once; `store` is what trouble with them is told of. */
async function statAll(store: string, paths: readonly string[]): Promise<(FoundFile | undefined)[]> {
  try {
    const found = await Promise.all(paths.map(statOf));
    return found.map((stats, index) => stats && { path: paths[index] ?? "", stats });
  } catch (cause) {
    throw storeTrouble(cause, store);
  }
}

/**
 * Makes store and key where there is no store. Of several processes at once one makes them, and all open them.
 *
 * @throws {Failed} where nothing can be written
 */
export async function openOrCreate(facts: OpeningFacts): Promise<OpenStore> {
  const opened = await openExisting(facts);
  if (opened !== undefined) return opened;
  await (await import("./creating.ts")).createVault(facts);
  return (await openExisting(facts)) ?? Promise.reject(corruptStore(facts.paths.vaultFile));
}

/** @throws {ConfigurationError} where the key is missing or another one; then the store is closed */
async function withKey(
  facts: KeyFacts,
  store: Store,
  check?: (found: StoreFacts) => void,
): Promise<OpenStore> {
  try {
    check?.(store.facts);
    const found = await findFittingKey(facts, store);
    const { storeId } = store.facts;
    const renew = async () =>
      createSealer((await findFittingKey(facts, { ...store, facts: await store.readFacts() })).key, storeId);
    const sealer = followKey(await createSealer(found.key, storeId), renew);
    return { store, sealer, keySource: describeKeySource(found.source) };
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/** Between the two looks another process may have given the store another key. */
async function findFittingKey(facts: KeyFacts, store: Store): Promise<FoundKey> {
  try {
    return await findKey(facts, store.facts);
  } catch (failure) {
    const now = await store.readFacts();
    if (now.keyFingerprint === store.facts.keyFingerprint) throw failure;
    return await findKey(facts, now);
  }
}
