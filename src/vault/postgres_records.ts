/**
 * Secrets in a PostgreSQL store, and everything sealed there, to be exchanged together with the key.
 *
 * @module
 */
import { requireKey } from "./postgres_accounts.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import { isUnchanged, placeOf, SEALED_TABLES } from "./record_places.ts";
import type { RecordStore, SealedRecord, SecretStore } from "./store.ts";

export function secretsIn({ read, transaction }: PostgresConnection): SecretStore {
  const keep = (id: string, sealed: Parameters<SecretStore["keep"]>[1], otherwise: string): Promise<void> =>
    transaction(async (statements) => {
      await requireKey(statements, sealed);
      await statements.rows(`INSERT INTO keyfob.secret VALUES ($1, $2) ON CONFLICT ${otherwise}`, [
        id,
        sealed,
      ]);
    });
  return {
    keep: (id, sealed) => keep(id, sealed, "(id) DO UPDATE SET sealed = excluded.sealed"),
    keepFirst: (id, sealed) => keep(id, sealed, "DO NOTHING"),
    read: (id) =>
      read(async (statements) => {
        const text = "SELECT sealed FROM keyfob.secret WHERE id = $1";
        return (await statements.rows<{ sealed: Uint8Array }>(text, [id]))[0]?.sealed;
      }),
    all: () =>
      transaction((statements) => statements.rows("SELECT id, sealed FROM keyfob.secret ORDER BY id")),
    forget: (id) =>
      transaction(async (statements) => {
        await statements.rows("DELETE FROM keyfob.secret WHERE id = $1", [id]);
      }),
  };
}

export function recordsIn({ transaction }: PostgresConnection): RecordStore {
  return {
    all: () => transaction(all),
    exchange: (records, key) =>
      transaction(async (statements) => {
        const [facts] = await statements.rows<{ key_fingerprint: string }>(
          "SELECT key_fingerprint FROM keyfob.store FOR UPDATE",
        );
        // A transaction whose answer got lost has done it already.
        if (facts?.key_fingerprint === key.keyFingerprint) return true;
        if (facts?.key_fingerprint !== key.before || !isUnchanged(await all(statements), records))
          return false;
        for (const record of records) await replace(statements, record);
        await statements.rows("UPDATE keyfob.store SET key_fingerprint = $1, key_kind = $2, key_place = $3", [
          key.keyFingerprint,
          key.keySource.kind,
          key.keySource.place,
        ]);
        key.beforeCommit();
        return true;
      }),
  };
}

async function all(statements: Statements): Promise<SealedRecord[]> {
  const found: SealedRecord[] = [];
  for (const table of Object.values(SEALED_TABLES)) {
    const rows = await statements.rows<{ id: string; row_id: string; sealed: Uint8Array }>(
      `SELECT ${table.id}::text AS id, ${table.rowId} AS row_id, sealed FROM keyfob.${table.name}
       WHERE sealed IS NOT NULL`,
    );
    for (const { id, row_id: rowId, sealed } of rows)
      found.push({ place: placeOf(table, rowId), id, sealed });
  }
  return found;
}

async function replace(
  statements: Statements,
  { place, id, resealed }: Parameters<RecordStore["exchange"]>[0][number],
): Promise<void> {
  const table = SEALED_TABLES[place.kind === "identity" ? "client_secret" : place.kind];
  await statements.rows(`UPDATE keyfob.${table.name} SET sealed = $2 WHERE ${table.id}::text = $1`, [
    id,
    resealed,
  ]);
}
