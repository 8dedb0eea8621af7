/**
 * Accounts that leave a PostgreSQL store or come into it.
 *
 * @module
 */
import { isGone } from "./holder.ts";
import { findAccount, NO_LEASE, readAccount, requireKey } from "./postgres_accounts.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import type { AccountStore, RestoredAccount, Ticket } from "./store.ts";

type Transfers = Pick<AccountStore, "handOver" | "takeBack" | "forgetExported" | "restore">;

export function transfersIn(connection: PostgresConnection): Transfers {
  return {
    handOver: (ticket, receipt) =>
      connection.transaction((statements) => handOver(statements, ticket, receipt)),
    takeBack: ({ provider, label }) =>
      connection.transaction(async (statements) => {
        const changed = await statements.rows(
          `UPDATE keyfob.account SET state = 'alive', receipt = NULL, generation = generation + 1
           WHERE provider = $1 AND label = $2 AND state = 'exported' RETURNING 1`,
          [provider, label],
        );
        return changed.length > 0;
      }),
    forgetExported: ({ provider, label }, receipt) =>
      connection.transaction(async (statements) => {
        const gone = await statements.rows(
          `DELETE FROM keyfob.account
           WHERE provider = $1 AND label = $2 AND state = 'exported' AND receipt = $3 RETURNING 1`,
          [provider, label, receipt],
        );
        return gone.length > 0;
      }),
    restore: (row) => connection.transaction((statements) => restore(statements, row)),
  };
}

/** The generation moves, so that a holder which outlived its lease cannot add to the journal any more. */
async function handOver(
  statements: Statements,
  ticket: Pick<Ticket, "accountId" | "generation">,
  receipt: string,
): ReturnType<AccountStore["handOver"]> {
  const row = await readAccount(statements, ticket.accountId, "FOR UPDATE OF a");
  if (row === undefined || row.generation !== ticket.generation || row.state === "dead") return "changed";
  if (row.lease !== null && row.lease.overdue < 0 && !isGone(row.lease.holder)) return "busy";
  const unfinished = await statements.rows(
    "SELECT 1 FROM keyfob.journal WHERE account_id = $1 AND generation = $2 AND state <> 'unusable'",
    [row.id, row.generation],
  );
  if (unfinished.length > 0) return "unfinished";
  await statements.rows(
    `UPDATE keyfob.account SET state = 'exported', receipt = $2, generation = generation + 1, ${NO_LEASE}
     WHERE id = $1`,
    [row.id, receipt],
  );
  return "exported";
}

async function restore(statements: Statements, row: RestoredAccount): Promise<void> {
  await requireKey(statements, row.sealed);
  const standing = await findAccount(statements, row.name);
  const known = await readAccount(statements, row.id);
  const generation = Math.max(standing?.generation ?? 0, known?.generation ?? 0) + 1;
  for (const id of [standing?.id ?? row.id, row.id]) {
    await statements.rows("DELETE FROM keyfob.journal WHERE account_id = $1", [id]);
    await statements.rows("DELETE FROM keyfob.account WHERE id = $1", [id]);
  }
  const { id, name, sealed, state, reason, receipt, createdAt, issuedAt, refreshedAt, lastError } = row;
  await statements.rows(
    `INSERT INTO keyfob.account (id, provider, label, generation, sealed, state, reason, receipt, created_at,
       issued_at, refreshed_at, last_error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      id,
      name.provider,
      name.label,
      generation,
      sealed,
      state,
      reason,
      receipt,
      createdAt,
      issuedAt,
      refreshedAt,
      lastError,
    ],
  );
}
