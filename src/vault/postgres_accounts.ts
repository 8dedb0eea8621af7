/**
 * Accounts in PostgreSQL.
 *
 * @module
 */
import type { AccountName } from "./account.ts";
import { accountRowFrom, type RawAccount } from "./account_row.ts";
import { isDuplicate } from "./postgres_trouble.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import { SERVER_NOW } from "./postgres_form.ts";
import type { SealedBytes } from "./sealing.ts";
import type { AccountRow, AccountStore } from "./store.ts";
import { refuseOldKey } from "./vault_sealer.ts";

/** A row as the server gives it: `float8` for whole numbers, which all of them hold exactly. */
interface RawRow extends RawAccount {
  readonly overdue: number | null;
}

export const NO_LEASE = "lease_owner = NULL, lease_holder = NULL, lease_until = NULL";

const SELECT = `
  SELECT id, provider, label, generation::float8, sealed, state, reason, receipt, created_at::float8,
    issued_at::float8, refreshed_at::float8, failures::float8, last_error, lease_owner, lease_holder,
    (${SERVER_NOW} - lease_until)::float8 AS overdue,
    EXISTS (SELECT 1 FROM keyfob.journal j WHERE j.account_id = a.id AND j.generation = a.generation
      AND j.state = 'answer') AS recoverable,
    EXISTS (SELECT 1 FROM keyfob.journal j WHERE j.account_id = a.id AND j.generation = a.generation
      AND j.owner = a.lease_owner AND j.state = 'intent') AS sending
  FROM keyfob.account a`;

/** All but what leaves or comes in. */
export function accountsIn(
  connection: PostgresConnection,
): Pick<AccountStore, "find" | "read" | "list" | "save" | "forget" | "rename"> {
  return {
    find: (name) => connection.read((statements) => findAccount(statements, name)),
    read: (id) => connection.read((statements) => readAccount(statements, id)),
    list: () =>
      connection.read(async (statements) => {
        const raws = await statements.rows<RawRow>(
          `${SELECT} ORDER BY provider COLLATE "C", label COLLATE "C"`,
        );
        return raws.map(rowFrom);
      }),
    save: (row) => connection.transaction((statements) => save(statements, row)).catch(falseWhereTaken),
    forget: (name) => connection.transaction((statements) => forget(statements, name)),
    rename: (old, name) =>
      connection
        .transaction((statements) => rename(statements, old, name))
        .catch((cause: unknown) => (isDuplicate(cause) ? "taken" : Promise.reject(cause))),
  };
}

/** Another process took the name between our look and our write. */
function falseWhereTaken(cause: unknown): boolean {
  if (isDuplicate(cause)) return false;
  throw cause;
}

/** Reads one row; `lock` keeps others from changing it until the transaction ends. */
export async function readAccount(
  statements: Statements,
  id: string,
  lock: "FOR UPDATE OF a" | "" = "",
): Promise<AccountRow | undefined> {
  const [raw] = await statements.rows<RawRow>(`${SELECT} WHERE a.id = $1 ${lock}`, [id]);
  return raw === undefined ? undefined : rowFrom(raw);
}

export async function findAccount(
  statements: Statements,
  { provider, label }: AccountName,
): Promise<AccountRow | undefined> {
  const [raw] = await statements.rows<RawRow>(`${SELECT} WHERE provider = $1 AND label = $2`, [
    provider,
    label,
  ]);
  return raw === undefined ? undefined : rowFrom(raw);
}

/** Keeps the key as it is until the transaction ends, and refuses what was sealed with another one. */
export async function requireKey(statements: Statements, sealed: SealedBytes): Promise<void> {
  const [facts] = await statements.rows<{ key_fingerprint: string }>(
    "SELECT key_fingerprint FROM keyfob.store FOR SHARE",
  );
  refuseOldKey(sealed, facts?.key_fingerprint ?? "");
}

async function save(statements: Statements, row: Parameters<AccountStore["save"]>[0]): Promise<boolean> {
  await requireKey(statements, row.sealed);
  const named = await findAccount(statements, row.name);
  const known = await readAccount(statements, row.id, "FOR UPDATE OF a");
  if (named?.id !== known?.id) return false;
  const { id, name, sealed } = row;
  await statements.rows(
    `INSERT INTO keyfob.account AS a (id, provider, label, generation, sealed, state, created_at, issued_at)
     VALUES ($1, $2, $3, 1, $4, 'alive', ${SERVER_NOW}, ${SERVER_NOW})
     ON CONFLICT (id) DO UPDATE SET generation = a.generation + 1, sealed = excluded.sealed, state = 'alive',
       reason = NULL, receipt = NULL, issued_at = excluded.issued_at, refreshed_at = NULL, failures = 0,
       last_error = NULL, ${NO_LEASE}`,
    [id, name.provider, name.label, sealed],
  );
  await statements.rows("DELETE FROM keyfob.journal WHERE account_id = $1", [id]);
  return true;
}

async function forget(statements: Statements, { provider, label }: AccountName): Promise<boolean> {
  const [gone] = await statements.rows<{ id: string }>(
    "DELETE FROM keyfob.account WHERE provider = $1 AND label = $2 RETURNING id",
    [provider, label],
  );
  if (gone === undefined) return false;
  await statements.rows("DELETE FROM keyfob.journal WHERE account_id = $1", [gone.id]);
  return true;
}

async function rename(
  statements: Statements,
  old: AccountName,
  name: AccountName,
): Promise<"renamed" | "absent" | "taken"> {
  const renamed = await statements.rows(
    "UPDATE keyfob.account SET provider = $3, label = $4 WHERE provider = $1 AND label = $2 RETURNING 1",
    [old.provider, old.label, name.provider, name.label],
  );
  return renamed.length > 0 ? "renamed" : "absent";
}

function rowFrom(raw: RawRow): AccountRow {
  return accountRowFrom(raw, () => raw.overdue ?? 0);
}
