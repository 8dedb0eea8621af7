/**
 * Leases and the refresh journal in PostgreSQL: every change is one compare-and-swap, by the server's clock.
 *
 * @module
 */
import { NO_LEASE, readAccount, requireKey } from "./postgres_accounts.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import { SERVER_NOW } from "./postgres_form.ts";
import type { SealedBytes } from "./sealing.ts";
import type {
  FinishedRefresh,
  JournalEntry,
  LeaseStore,
  TakenLease,
  Ticket,
  UnfinishedRefresh,
} from "./store.ts";

/** The ticket still holds: account, owner, generation. */
const HELD = "id = $1 AND lease_owner = $2 AND generation = $3";
/** The journal entry that the ticket's holder wrote. */
const OWN_ENTRY = "account_id = $1 AND owner = $2 AND generation = $3";

function valuesOf({ accountId, owner, generation }: Ticket): readonly unknown[] {
  return [accountId, owner, generation];
}

export function leasesIn({ transaction }: PostgresConnection): LeaseStore {
  return {
    take: (ticket, lease) => transaction((statements) => take(statements, ticket, lease)),
    renew: (ticket, milliseconds) => transaction((statements) => renew(statements, ticket, milliseconds)),
    keepAnswer: (ticket, sealed) => transaction((statements) => keepAnswer(statements, ticket, sealed)),
    setAside: async (ticket, owner) => {
      const text = `UPDATE keyfob.journal SET state = 'unusable' WHERE ${OWN_ENTRY}`;
      await transaction((statements) => statements.rows(text, valuesOf({ ...ticket, owner })));
    },
    finish: (ticket, change) => transaction((statements) => finish(statements, ticket, change)),
    restate: (ticket, sealed) => transaction((statements) => restate(statements, ticket, sealed)),
    bury: (ticket, reason) => transaction((statements) => bury(statements, ticket, reason)),
    release: (ticket, result) => transaction((statements) => release(statements, ticket, result)),
  };
}

/** A lease that is ours already was given to us by a transaction whose answer got lost. */
async function take(
  statements: Statements,
  ticket: Ticket,
  lease: Parameters<LeaseStore["take"]>[1],
): Promise<TakenLease | undefined> {
  const row = await readAccount(statements, ticket.accountId, "FOR UPDATE OF a");
  if (row === undefined || row.generation !== ticket.generation) return undefined;
  const isFree = row.lease === null || row.lease.overdue >= 0;
  if (!isFree && row.lease.owner !== lease.evict && row.lease.owner !== ticket.owner) return undefined;
  await statements.rows(
    `UPDATE keyfob.account SET lease_owner = $2, lease_holder = $3, lease_until = ${SERVER_NOW} + $4 WHERE id = $1`,
    [row.id, ticket.owner, lease.holder, lease.milliseconds],
  );
  const journal = await statements.rows<JournalEntry>(
    `SELECT owner, state, sealed FROM keyfob.journal WHERE account_id = $1 AND generation = $2
     ORDER BY sequence DESC`,
    [row.id, row.generation],
  );
  return { row, journal };
}

async function renew(statements: Statements, ticket: Ticket, milliseconds: number): Promise<boolean> {
  const held = await statements.rows(
    `UPDATE keyfob.account SET lease_until = ${SERVER_NOW} + $4 WHERE ${HELD} RETURNING 1`,
    [...valuesOf(ticket), milliseconds],
  );
  if (held.length === 0) return false;
  await statements.rows(
    `INSERT INTO keyfob.journal (account_id, owner, generation, state) VALUES ($1, $2, $3, 'intent')
     ON CONFLICT DO NOTHING`,
    valuesOf(ticket),
  );
  return true;
}

async function keepAnswer(statements: Statements, ticket: Ticket, sealed: SealedBytes): Promise<boolean> {
  await requireKey(statements, sealed);
  const row = await readAccount(statements, ticket.accountId, "FOR UPDATE OF a");
  if (row?.generation !== ticket.generation) return false;
  await statements.rows(
    `INSERT INTO keyfob.journal (account_id, owner, generation, state, sealed) VALUES ($1, $2, $3, 'answer', $4)
     ON CONFLICT (account_id, owner) DO UPDATE SET state = 'answer', sealed = excluded.sealed`,
    [...valuesOf(ticket), sealed],
  );
  return true;
}

async function finish(statements: Statements, ticket: Ticket, change: FinishedRefresh): Promise<boolean> {
  await requireKey(statements, change.sealed);
  const { sealed, issuedAt, error } = change;
  const held = await statements.rows(
    `UPDATE keyfob.account SET generation = generation + 1, sealed = $4, state = 'alive', reason = NULL,
       issued_at = $5, refreshed_at = $5, last_error = $6::text,
       failures = CASE WHEN $6::text IS NULL THEN 0 ELSE failures + 1 END, ${NO_LEASE} WHERE ${HELD} RETURNING 1`,
    [...valuesOf(ticket), sealed, issuedAt, error],
  );
  if (held.length === 0) return false;
  await statements.rows("DELETE FROM keyfob.journal WHERE account_id = $1", [ticket.accountId]);
  return true;
}

async function restate(statements: Statements, ticket: Ticket, sealed: SealedBytes): Promise<boolean> {
  await requireKey(statements, sealed);
  const held = await statements.rows(
    `UPDATE keyfob.account SET generation = generation + 1, sealed = $4, ${NO_LEASE} WHERE ${HELD} RETURNING 1`,
    [...valuesOf(ticket), sealed],
  );
  return held.length > 0;
}

/** An answer of its own that said so is set aside: judged already, it must not look as if it could revive the row. */
async function bury(statements: Statements, ticket: Ticket, reason: string): Promise<boolean> {
  const held = await statements.rows(
    `UPDATE keyfob.account SET state = 'dead', reason = $4, last_error = $4, ${NO_LEASE} WHERE ${HELD} RETURNING 1`,
    [...valuesOf(ticket), reason],
  );
  if (held.length === 0) return false;
  const text = `UPDATE keyfob.journal SET state = 'unusable' WHERE ${OWN_ENTRY}`;
  await statements.rows(text, valuesOf(ticket));
  return true;
}

async function release(statements: Statements, ticket: Ticket, result: UnfinishedRefresh): Promise<void> {
  const held = await statements.rows(
    `UPDATE keyfob.account SET last_error = COALESCE($4::text, last_error), failures = failures + $5, ${NO_LEASE}
     WHERE ${HELD} RETURNING 1`,
    [...valuesOf(ticket), result.error ?? null, result.forAll ? 1 : 0],
  );
  if (held.length === 0 || !result.withoutEffect) return;
  const text = `DELETE FROM keyfob.journal WHERE ${OWN_ENTRY} AND state = 'intent'`;
  await statements.rows(text, valuesOf(ticket));
}
