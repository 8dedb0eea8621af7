/**
 * Leases and the refresh journal in SQLite: every change is one compare-and-swap.
 *
 * @module
 */
import { readAccount } from "./sqlite_accounts.ts";
import type { Connection } from "./sqlite_connection.ts";
import type {
  FinishedRefresh,
  JournalEntry,
  LeaseStore,
  TakenLease,
  Ticket,
  UnfinishedRefresh,
} from "./store.ts";

/** The ticket still holds. */
const HELD = "id = $accountId AND lease_owner = $owner AND generation = $generation";
const NO_LEASE = "lease_owner = NULL, lease_holder = NULL, lease_until = NULL";
/** The journal entry that the ticket's holder wrote. */
const OWN_ENTRY = "account_id = $accountId AND owner = $owner AND generation = $generation";

export function leasesIn(connection: Connection): LeaseStore {
  return {
    take: (ticket, lease) => connection.write(() => take(connection, ticket, lease)),
    renew: (ticket, milliseconds) => connection.write(() => renew(connection, ticket, milliseconds)),
    keepAnswer: (ticket, sealed) => connection.write(() => keepAnswer(connection, ticket, sealed)),
    setAside: (ticket, owner) => connection.write(() => setAside(connection, ticket, owner)),
    finish: (ticket, change) => connection.write(() => finish(connection, ticket, change)),
    bury: (ticket, reason) => connection.write(() => bury(connection, ticket, reason)),
    release: (ticket, result) => connection.write(() => release(connection, ticket, result)),
  };
}

function take(
  connection: Connection,
  ticket: Ticket,
  lease: Parameters<LeaseStore["take"]>[1],
): TakenLease | undefined {
  const row = readAccount(connection, ticket.accountId);
  if (row === undefined || row.generation !== ticket.generation) return undefined;
  if (row.lease !== null && !row.lease.over && row.lease.owner !== lease.evict) return undefined;
  const { database, now } = connection;
  database
    .query("UPDATE account SET lease_owner = ?, lease_holder = ?, lease_until = ? WHERE id = ?")
    .run(ticket.owner, lease.holder, now() + lease.milliseconds, row.id);
  const journal = database
    .query<JournalEntry, [string, number]>(
      "SELECT owner, state, sealed FROM journal WHERE account_id = ? AND generation = ? ORDER BY sequence DESC",
    )
    .all(row.id, row.generation);
  return { row, journal };
}

function renew({ database, now }: Connection, ticket: Ticket, milliseconds: number): boolean {
  const { changes } = database
    .query(`UPDATE account SET lease_until = $until WHERE ${HELD}`)
    .run({ ...ticket, until: now() + milliseconds });
  if (changes === 0) return false;
  database
    .query(
      `INSERT INTO journal (account_id, generation, owner, state)
       VALUES ($accountId, $generation, $owner, 'intent') ON CONFLICT DO NOTHING`,
    )
    .run({ ...ticket });
  return true;
}

function keepAnswer(connection: Connection, ticket: Ticket, sealed: Uint8Array): boolean {
  if (readAccount(connection, ticket.accountId)?.generation !== ticket.generation) return false;
  connection.database
    .query(
      `INSERT INTO journal (account_id, generation, owner, state, sealed)
       VALUES ($accountId, $generation, $owner, 'answer', $sealed)
       ON CONFLICT (account_id, owner) DO UPDATE SET state = 'answer', sealed = $sealed`,
    )
    .run({ ...ticket, sealed });
  return true;
}

function setAside({ database }: Connection, ticket: Ticket, owner: string): void {
  database.query(`UPDATE journal SET state = 'unusable' WHERE ${OWN_ENTRY}`).run({ ...ticket, owner });
}

function finish({ database }: Connection, ticket: Ticket, change: FinishedRefresh): boolean {
  const { changes } = database
    .query(
      `UPDATE account SET generation = generation + 1, sealed = $sealed, state = 'alive', reason = NULL,
         issued_at = $issuedAt, refreshed_at = $issuedAt, last_error = $error,
         failures = CASE WHEN $error IS NULL THEN 0 ELSE failures + 1 END, ${NO_LEASE} WHERE ${HELD}`,
    )
    .run({ ...ticket, ...change });
  if (changes === 0) return false;
  database.query("DELETE FROM journal WHERE account_id = ?").run(ticket.accountId);
  return true;
}

/** An answer of its own that said so is set aside: judged already, it must not look as if it could revive the row. */
function bury({ database }: Connection, ticket: Ticket, reason: string): boolean {
  const { changes } = database
    .query(
      `UPDATE account SET state = 'dead', reason = $reason, last_error = $reason, ${NO_LEASE} WHERE ${HELD}`,
    )
    .run({ ...ticket, reason });
  if (changes === 0) return false;
  database.query(`UPDATE journal SET state = 'unusable' WHERE ${OWN_ENTRY}`).run({ ...ticket });
  return true;
}

function release({ database }: Connection, ticket: Ticket, result: UnfinishedRefresh): void {
  const { changes } = database
    .query(
      `UPDATE account SET last_error = COALESCE($error, last_error), failures = failures + $failures, ${NO_LEASE}
       WHERE ${HELD}`,
    )
    .run({ ...ticket, error: result.error ?? null, failures: result.forAll ? 1 : 0 });
  if (changes > 0 && result.withoutEffect) {
    database.query(`DELETE FROM journal WHERE ${OWN_ENTRY} AND state = 'intent'`).run({ ...ticket });
  }
}
