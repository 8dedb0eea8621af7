/**
 * Everything sealed in a SQLite store, to be exchanged together with the key.
 *
 * @module
 */
import { keyFingerprint } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import { isUnchanged, placeOf, SEALED_TABLES } from "./record_places.ts";
import type { SealedTable } from "./record_places.ts";
import type { RecordStore, SealedRecord } from "./store.ts";

export function recordsIn(connection: Connection): RecordStore {
  return {
    all: () => connection.read(() => all(connection)),
    exchange: (records, key) =>
      connection.write(() => {
        if (keyFingerprint(connection) !== key.before) return false;
        if (!isUnchanged(all(connection), records)) return false;
        for (const { place, id, resealed } of records) replace(connection, place.kind, id, resealed);
        connection.database
          .query("UPDATE store SET key_fingerprint = ?, key_kind = ?, key_place = ?")
          .run(key.keyFingerprint, key.keySource.kind, key.keySource.place);
        key.beforeCommit();
        return true;
      }),
  };
}

function all({ database }: Connection): SealedRecord[] {
  return Object.values(SEALED_TABLES).flatMap((table) =>
    database
      .query<{ id: string; row_id: string; sealed: Uint8Array }, []>(
        `SELECT CAST(${table.id} AS TEXT) AS id, ${table.rowId} AS row_id, sealed FROM ${table.name}
         WHERE sealed IS NOT NULL`,
      )
      .all()
      .map(({ id, row_id: rowId, sealed }) => ({ place: placeOf(table, rowId), id, sealed })),
  );
}

function replace(
  { database }: Connection,
  kind: SealedRecord["place"]["kind"],
  id: string,
  sealed: Uint8Array,
): void {
  const table: SealedTable = SEALED_TABLES[kind === "identity" ? "client_secret" : kind];
  database.query(`UPDATE ${table.name} SET sealed = ? WHERE CAST(${table.id} AS TEXT) = ?`).run(sealed, id);
}
