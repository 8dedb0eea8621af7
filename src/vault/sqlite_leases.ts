/**
 * Leases and the refresh journal in SQLite: every change is one compare-and-swap.
 *
 * @module
 */
import { NO_LEASE, readAccount } from "./sqlite_accounts.ts";
import { keyFingerprint } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import type { SealedBytes } from "./sealing.ts";
import type {
  FinishedRefresh,
  JournalEntry,
  LeaseStore,
  TakenLease,
  Ticket,
  UnfinishedRefresh,
} from "./store.ts";
import { refuseOldKey } from "./vault_sealer.ts";

/** The ticket still holds. */
const HELD = "id = $accountId AND lease_owner = $owner AND generation = $generation";
const UNTIL = "lease_until = $until, lease_tick = $tick";
/** The journal entry that the ticket's holder wrote. */
const OWN_ENTRY = "account_id = $accountId AND owner = $owner AND generation = $generation";

export function leasesIn(connection: Connection): LeaseStore {
  return {
    take: (ticket, lease) => connection.write(() => take(connection, ticket, lease)),
    renew: async (ticket, milliseconds) => {
      await connection.reserve();
      return connection.write(() => renew(connection, ticket, milliseconds));
    },
    keepAnswer: (ticket, sealed) => connection.conclude(() => keepAnswer(connection, ticket, sealed)),
    setAside: (ticket, owner) => connection.conclude(() => setAside(connection, ticket, owner)),
    finish: (ticket, change) => connection.conclude(() => finish(connection, ticket, change)),
    restate: (ticket, sealed) => connection.write(() => restate(connection, ticket, sealed)),
    bury: (ticket, reason) => connection.conclude(() => bury(connection, ticket, reason)),
    release: (ticket, result) => connection.conclude(() => release(connection, ticket, result)),
  };
}

function take(
  connection: Connection,
  ticket: Ticket,
  lease: Parameters<LeaseStore["take"]>[1],
): TakenLease | undefined {
  const row = readAccount(connection, ticket.accountId);
  if (row === undefined || row.generation !== ticket.generation) return undefined;
  if (row.lease !== null && row.lease.overdue < 0 && row.lease.owner !== lease.evict) return undefined;
  const { database } = connection;
  database
    .query(`UPDATE account SET lease_owner = $owner, lease_holder = $holder, ${UNTIL} WHERE id = $id`)
    .run({ owner: ticket.owner, holder: lease.holder, id: row.id, ...until(connection, lease.milliseconds) });
  const journal = database
    .query<JournalEntry, [string, number]>(
      "SELECT owner, state, sealed FROM journal WHERE account_id = ? AND generation = ? ORDER BY sequence DESC",
    )
    .all(row.id, row.generation);
  return { row, journal };
}

function until({ clock }: Connection, milliseconds: number): { until: number; tick: number | null } {
  const ticks = clock.ticks();
  return {
    until: clock.now().getTime() + milliseconds,
    tick: ticks === null ? null : ticks + milliseconds,
  };
}

function renew(connection: Connection, ticket: Ticket, milliseconds: number): boolean {
  const { database } = connection;
  const { changes } = database
    .query(`UPDATE account SET ${UNTIL} WHERE ${HELD}`)
    .run({ ...ticket, ...until(connection, milliseconds) });
  if (changes === 0) return false;
  database
    .query(
      `INSERT INTO journal (account_id, generation, owner, state)
       VALUES ($accountId, $generation, $owner, 'intent') ON CONFLICT DO NOTHING`,
    )
    .run({ ...ticket });
  return true;
}

function keepAnswer(connection: Connection, ticket: Ticket, sealed: SealedBytes): boolean {
  refuseOldKey(sealed, keyFingerprint(connection));
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

function finish(connection: Connection, ticket: Ticket, change: FinishedRefresh): boolean {
  const { database } = connection;
  refuseOldKey(change.sealed, keyFingerprint(connection));
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

function restate(connection: Connection, ticket: Ticket, sealed: SealedBytes): boolean {
  refuseOldKey(sealed, keyFingerprint(connection));
  const { changes } = connection.database
    .query(`UPDATE account SET generation = generation + 1, sealed = $sealed, ${NO_LEASE} WHERE ${HELD}`)
    .run({ ...ticket, sealed });
  return changes > 0;
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
