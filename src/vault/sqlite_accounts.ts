/**
 * Accounts in SQLite.
 *
 * @module
 */
import type { AccountName } from "./account.ts";
import { accountRowFrom, type RawAccount } from "./account_row.ts";
import { isOfThisBoot } from "./holder.ts";
import { keyFingerprint, timeOf } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import type { AccountRow, AccountStore, Clock } from "./store.ts";
import { refuseOldKey } from "./vault_sealer.ts";

/** A row as SQLite gives it. */
interface RawRow extends RawAccount {
  readonly lease_until: number | null;
  readonly lease_tick: number | null;
}

/** Milliseconds beyond which a lease cannot reach: then the clock was set back, and the lease counts as over. */
const LONGEST_LEASE = 10 * 60_000;

export const NO_LEASE = "lease_owner = NULL, lease_holder = NULL, lease_until = NULL, lease_tick = NULL";

const SELECT = `SELECT account.*, EXISTS (
  SELECT 1 FROM journal WHERE journal.account_id = account.id
    AND journal.generation = account.generation AND journal.state = 'answer') AS recoverable, EXISTS (
  SELECT 1 FROM journal WHERE journal.account_id = account.id AND journal.generation = account.generation
    AND journal.owner = account.lease_owner AND journal.state = 'intent') AS sending FROM account`;

/** All but what leaves or comes in. */
export function accountsIn(
  connection: Connection,
): Pick<AccountStore, "find" | "read" | "list" | "save" | "forget" | "rename"> {
  return {
    find: (name) => connection.read(() => findAccount(connection, name)),
    read: (id) => connection.read(() => readAccount(connection, id)),
    list: () => connection.read(() => listAccounts(connection)),
    save: (row) => connection.write(() => save(connection, row)),
    forget: (name) => connection.write(() => forget(connection, name)),
    rename: (old, name) => connection.write(() => rename(connection, old, name)),
  };
}

/** Reads one row, inside or outside a transaction. */
export function readAccount({ database, clock }: Connection, id: string): AccountRow | undefined {
  const raw = database.query<RawRow, [string]>(`${SELECT} WHERE id = ?`).get(id);
  return raw === null ? undefined : rowFrom(raw, clock);
}

export function findAccount(
  { database, clock }: Connection,
  { provider, label }: AccountName,
): AccountRow | undefined {
  const query = database.query<RawRow, [string, string]>(`${SELECT} WHERE provider = ? AND label = ?`);
  const raw = query.get(provider, label);
  return raw === null ? undefined : rowFrom(raw, clock);
}

function listAccounts({ database, clock }: Connection): AccountRow[] {
  const raws = database.query<RawRow, []>(`${SELECT} ORDER BY provider, label`).all();
  return raws.map((raw) => rowFrom(raw, clock));
}

function save(connection: Connection, row: Parameters<AccountStore["save"]>[0]): boolean {
  const { database } = connection;
  refuseOldKey(row.sealed, keyFingerprint(connection));
  const named = findAccount(connection, row.name);
  const known = readAccount(connection, row.id);
  if (named?.id !== known?.id) return false;
  const { id, name, sealed } = row;
  database
    .query(
      `INSERT INTO account (id, provider, label, generation, sealed, state, created_at, issued_at)
       VALUES ($id, $provider, $label, 1, $sealed, 'alive', $now, $now)
       ON CONFLICT (id) DO UPDATE SET generation = generation + 1, sealed = $sealed, state = 'alive',
         reason = NULL, issued_at = $now, refreshed_at = NULL, failures = 0, last_error = NULL,
         receipt = NULL, ${NO_LEASE}`,
    )
    .run({ id, provider: name.provider, label: name.label, sealed, now: timeOf(connection) });
  database.query("DELETE FROM journal WHERE account_id = ?").run(id);
  return true;
}

function forget(connection: Connection, name: AccountName): boolean {
  const row = findAccount(connection, name);
  if (row === undefined) return false;
  connection.database.query("DELETE FROM journal WHERE account_id = ?").run(row.id);
  connection.database.query("DELETE FROM account WHERE id = ?").run(row.id);
  return true;
}

function rename(connection: Connection, old: AccountName, name: AccountName): "renamed" | "absent" | "taken" {
  const row = findAccount(connection, old);
  if (row === undefined) return "absent";
  const standing = findAccount(connection, name);
  if (standing !== undefined && standing.id !== row.id) return "taken";
  connection.database
    .query("UPDATE account SET provider = ?, label = ? WHERE id = ?")
    .run(name.provider, name.label, row.id);
  return "renamed";
}

function rowFrom(raw: RawRow, clock: Clock): AccountRow {
  return accountRowFrom(raw, () => overdue(raw, clock));
}

/** By the clock that nobody can set where the holder runs on this very boot; else by the wall clock. */
function overdue(raw: RawRow, clock: Clock): number {
  const ticks = raw.lease_tick !== null && isOfThisBoot(raw.lease_holder) ? clock.ticks() : null;
  if (ticks !== null && raw.lease_tick !== null) return ticks - raw.lease_tick;
  const past = clock.now().getTime() - (raw.lease_until ?? 0);
  return past < -LONGEST_LEASE ? 0 : past;
}
