/**
 * Making store and key where there are none.
 *
 * @module
 */
import { dirname } from "node:path";
import type { KeyFacts } from "./key.ts";
import { fingerprintOf } from "./key_bytes.ts";
import { createKey, discardKey } from "./key_creation.ts";
import { claimFolder } from "./permissions.ts";
import { createStoreFile } from "./sqlite_creation.ts";
import { storeTrouble } from "./store_trouble.ts";

/**
 * Makes key and store, in this order; where another process was first, its store stays.
 *
 * @throws {Failed} where nothing can be written
 */
export async function createVault(facts: KeyFacts): Promise<void> {
  const elsewhere = facts.environment["KEYFOB_STORE"];
  if (elsewhere) return (await import("./postgres.ts")).createPostgresStore(elsewhere, facts);
  const path = facts.paths.vaultFile;
  try {
    await claimFolder(dirname(path), facts.notice);
    const storeId = crypto.randomUUID();
    const found = await createKey(facts, storeId);
    const { source: keySource, key } = found;
    const first = await createStoreFile(path, { storeId, keySource, keyFingerprint: fingerprintOf(key) });
    if (!first) await discardKey(facts, found);
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}
