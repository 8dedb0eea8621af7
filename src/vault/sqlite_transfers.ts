/**
 * Accounts that leave a SQLite store or come into it.
 *
 * @module
 */
import { findAccount, NO_LEASE, readAccount } from "./sqlite_accounts.ts";
import { keyFingerprint } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import { isGone } from "./holder.ts";
import type { AccountStore, RestoredAccount, Ticket } from "./store.ts";
import { refuseOldKey } from "./vault_sealer.ts";

type Transfers = Pick<AccountStore, "handOver" | "takeBack" | "forgetExported" | "restore">;

export function transfersIn(connection: Connection): Transfers {
  return {
    handOver: (ticket, receipt) => connection.write(() => handOver(connection, ticket, receipt)),
    takeBack: ({ provider, label }) =>
      connection.write(() => {
        const { changes } = connection.database
          .query(
            `UPDATE account SET state = 'alive', receipt = NULL, generation = generation + 1
             WHERE provider = ? AND label = ? AND state = 'exported'`,
          )
          .run(provider, label);
        return changes > 0;
      }),
    forgetExported: ({ provider, label }, receipt) =>
      connection.write(() => {
        const { changes } = connection.database
          .query(
            "DELETE FROM account WHERE provider = ? AND label = ? AND state = 'exported' AND receipt = ?",
          )
          .run(provider, label, receipt);
        return changes > 0;
      }),
    restore: (row) => connection.write(() => restore(connection, row)),
  };
}

/** The generation moves, so that a holder which outlived its lease cannot add to the journal any more. */
function handOver(
  connection: Connection,
  ticket: Pick<Ticket, "accountId" | "generation">,
  receipt: string,
): Awaited<ReturnType<AccountStore["handOver"]>> {
  const { database } = connection;
  const row = readAccount(connection, ticket.accountId);
  if (row === undefined || row.generation !== ticket.generation || row.state === "dead") return "changed";
  if (row.lease !== null && row.lease.overdue < 0 && !isGone(row.lease.holder)) return "busy";
  const unfinished = database
    .query("SELECT 1 FROM journal WHERE account_id = ? AND generation = ? AND state <> 'unusable'")
    .get(row.id, row.generation);
  if (unfinished !== null) return "unfinished";
  database
    .query(
      `UPDATE account SET state = 'exported', receipt = ?, generation = generation + 1, ${NO_LEASE} WHERE id = ?`,
    )
    .run(receipt, row.id);
  return "exported";
}

function restore(connection: Connection, row: RestoredAccount): void {
  const { database } = connection;
  refuseOldKey(row.sealed, keyFingerprint(connection));
  const standing = findAccount(connection, row.name);
  const generation =
    Math.max(standing?.generation ?? 0, readAccount(connection, row.id)?.generation ?? 0) + 1;
  for (const id of [standing?.id ?? row.id, row.id]) {
    database.query("DELETE FROM journal WHERE account_id = ?").run(id);
    database.query("DELETE FROM account WHERE id = ?").run(id);
  }
  const { id, name, sealed, state, reason, receipt, createdAt, issuedAt, refreshedAt, lastError } = row;
  database
    .query(
      `INSERT INTO account (id, provider, label, generation, sealed, state, reason, receipt, created_at, issued_at,
         refreshed_at, last_error) VALUES ($id, $provider, $label, $generation, $sealed, $state, $reason, $receipt,
         $createdAt, $issuedAt, $refreshedAt, $lastError)`,
    )
    .run({
      id,
      ...name,
      generation,
      sealed,
      state,
      reason,
      receipt,
      createdAt,
      issuedAt,
      refreshedAt,
      lastError,
    });
}
