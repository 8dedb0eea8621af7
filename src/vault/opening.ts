/**
 * Opening the store with its key, or making both.
 *
 * @module
 */
import { statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import { describeKeySource, findKey } from "./key.ts";
import type { FoundKey, KeyFacts } from "./key.ts";
import { claimFolder, narrowWithNotice } from "./permissions.ts";
import { createSealer } from "./sealing.ts";
import type { Sealer } from "./sealing.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";
import { corruptStore, storeTrouble } from "./store_trouble.ts";

/** A store with the key that fits. */
export interface OpenStore {
  readonly store: Store;
  readonly sealer: Sealer;
  /** As `status` and `doctor` name it. */
  readonly keySource: string;
}

export interface OpeningFacts extends KeyFacts {
  readonly now: () => Date;
}

/**
 * Opens the store where there is one. Makes nothing.
 *
 * @throws {ConfigurationError} where the file is no vault of ours, or the key is missing or another one
 */
export async function openExisting(facts: OpeningFacts): Promise<OpenStore | undefined> {
  const path = facts.paths.vaultFile;
  if (!isThere(path)) return undefined;
  await claimFolder(dirname(path), facts.notice);
  for (const end of ["", "-wal", "-shm"]) await narrowWithNotice(`${path}${end}`, facts.notice);
  const store = openSqliteStore(path, facts.now);
  try {
    return await withKey(store, await findKey(facts, store.facts));
  } catch (cause) {
    store.close();
    throw cause;
  }
}

/**
 * Makes store and key where there is no store. Of several processes at once one makes them, and all open them.
 *
 * @throws {Failed} where nothing can be written
 */
export async function openOrCreate(facts: OpeningFacts): Promise<OpenStore> {
  const path = facts.paths.vaultFile;
  if (!isThere(path)) await (await import("./creating.ts")).createVault(facts);
  return (await openExisting(facts)) ?? Promise.reject(corruptStore(path));
}

async function withKey(store: Store, { key, source }: FoundKey): Promise<OpenStore> {
  const sealer = await createSealer(key, store.facts.storeId);
  return { store, sealer, keySource: describeKeySource(source) };
}

/** An empty file is no store of ours: we give the name to finished ones only. */
function isThere(path: string): boolean {
  const found = statOf(path);
  if (found === undefined) return false;
  if (!found.isFile() || found.size === 0) throw corruptStore(path);
  return true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}
