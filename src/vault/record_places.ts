/**
 * Which table holds which kind of sealed record, and what each record is bound to.
 *
 * @module
 */
import type { RecordPlace } from "./sealing.ts";
import type { SealedRecord } from "./store.ts";

/** A table with a column `sealed`. */
export interface SealedTable {
  readonly name: string;
  /** Column that names a record. */
  readonly id: string;
  /** Column with the row id that its sealing is bound to. */
  readonly rowId: string;
  readonly kind: RecordPlace["kind"];
}

export const SEALED_TABLES = {
  session: { name: "account", id: "id", rowId: "id", kind: "session" },
  answer: { name: "journal", id: "sequence", rowId: "account_id", kind: "answer" },
  attempt: { name: "attempt", id: "id", rowId: "id", kind: "attempt" },
  client_secret: { name: "secret", id: "id", rowId: "id", kind: "client_secret" },
} as const satisfies Record<string, SealedTable>;

/** Row of the secret with which this vault opens what others exported to it. */
export const IDENTITY_ID = "identity";

/** Row of a client's secret: one a provider and client. */
export function secretId(provider: string, clientId: string): string {
  return JSON.stringify([provider, clientId]);
}

/** Whether {@link secretId} made `id` for a client of `provider`, or for that very one where it is named. */
export function isSecretOf(id: string, provider: string, clientId?: string): boolean {
  if (clientId !== undefined) return id === secretId(provider, clientId);
  return id.startsWith(`[${JSON.stringify(provider)},`);
}

/** What a record of `table` is bound to. */
export function placeOf(table: SealedTable, rowId: string): RecordPlace {
  const isIdentity = table.name === SEALED_TABLES.client_secret.name && rowId === IDENTITY_ID;
  return { kind: isIdentity ? "identity" : table.kind, rowId };
}

/** Whether the same records are there as before, byte for byte. */
export function isUnchanged(now: readonly SealedRecord[], before: readonly SealedRecord[]): boolean {
  if (now.length !== before.length) return false;
  const known = new Map(before.map(({ place, id, sealed }) => [`${place.kind} ${id}`, sealed]));
  return now.every(({ place, id, sealed }) => {
    const found = known.get(`${place.kind} ${id}`);
    return found !== undefined && Buffer.compare(found, sealed) === 0;
  });
}
