/**
 * Making store and key where there are none.
 *
 * @module
 */
import { dirname } from "node:path";
import { dropBallast, keepBallast } from "./ballast.ts";
import type { KeyFacts } from "./key.ts";
import { fingerprintOf } from "./key_bytes.ts";
import { createKey, discardKey } from "./key_creation.ts";
import { claimFolder } from "./permissions.ts";
import { createStoreFile } from "./sqlite_creation.ts";
import { storeTrouble } from "./store_trouble.ts";

/**
 * Makes key and store, in this order, and sets space aside; where another process was first, its store stays.
 *
 * @throws {Failed} where nothing can be written
 */
export async function createVault(facts: KeyFacts): Promise<void> {
  const elsewhere = facts.environment["KEYFOB_STORE"];
  if (elsewhere) return (await import("./postgres.ts")).createPostgresStore(elsewhere, facts);
  const path = facts.paths.vaultFile;
  try {
    await claimFolder(dirname(path), facts.notice);
    // Before the key: where there is no room for a store, none of them is left behind.
    keepBallast(path);
    await createBoth(facts, path);
  } catch (cause) {
    dropBallast(path);
    throw storeTrouble(cause, path);
  }
}

async function createBoth(facts: KeyFacts, path: string): Promise<void> {
  const storeId = crypto.randomUUID();
  const found = await createKey(facts, storeId);
  const made = { storeId, keySource: found.source, keyFingerprint: fingerprintOf(found.key) };
  try {
    const first = await createStoreFile(path, made).catch((cause: unknown) =>
      dropBallast(path) ? createStoreFile(path, made) : Promise.reject(cause),
    );
    if (!first) await discardKey(facts, found);
  } catch (cause) {
    await discardKey(facts, found);
    throw cause;
  }
}
