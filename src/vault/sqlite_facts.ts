/**
 * What a SQLite store says of itself.
 *
 * @module
 */
import type { Database } from "bun:sqlite";
import type { KeySource, StoreFacts } from "./store.ts";

/** Null where the table that holds them has no row. */
export function readStoreFacts(database: Database): StoreFacts | null {
  const raw = database
    .query<{ id: string; key_fingerprint: string; key_kind: KeySource["kind"]; key_place: string }, []>(
      "SELECT id, key_fingerprint, key_kind, key_place FROM store",
    )
    .get();
  if (raw === null) return null;
  return {
    storeId: raw.id,
    keyFingerprint: raw.key_fingerprint,
    keySource: { kind: raw.key_kind, place: raw.key_place },
  };
}
