/**
 * The tables of a PostgreSQL store, in a schema of their own.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import type { KeySource, StoreFacts } from "./store.ts";

/** Raised by every change of the tables. */
const FORM = 1;

/** Names the lock under which the tables are made: "kfob". */
const CREATION_LOCK = 0x6b_66_6f_62;

/** As in SQLite: names, states and times are data, what is secret is in the `sealed` columns. Times: milliseconds since 1970. */
const TABLES = [
  "CREATE SCHEMA IF NOT EXISTS keyfob",
  `CREATE TABLE keyfob.store (
     id text NOT NULL, form int NOT NULL, key_fingerprint text NOT NULL, key_kind text NOT NULL, key_place text NOT NULL)`,
  `CREATE TABLE keyfob.account (
     id text PRIMARY KEY, provider text NOT NULL, label text NOT NULL, generation bigint NOT NULL,
     sealed bytea NOT NULL, state text NOT NULL, reason text, receipt text, created_at bigint NOT NULL,
     issued_at bigint NOT NULL, refreshed_at bigint, failures bigint NOT NULL DEFAULT 0, last_error text,
     lease_owner text, lease_holder text, lease_until bigint, UNIQUE (provider, label))`,
  `CREATE TABLE keyfob.journal (
     sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id text NOT NULL, generation bigint NOT NULL,
     owner text NOT NULL, state text NOT NULL, sealed bytea, UNIQUE (account_id, owner))`,
  `CREATE TABLE keyfob.attempt (
     id text PRIMARY KEY, sealed bytea, state text NOT NULL, expires_at bigint NOT NULL, forget_at bigint NOT NULL)`,
  "CREATE TABLE keyfob.secret (id text PRIMARY KEY, sealed bytea NOT NULL)",
];

/** Milliseconds since 1970 by the server's clock: the machines that share a store need not agree on the time. */
export const SERVER_NOW = "floor(extract(epoch from clock_timestamp()) * 1000)::bigint";

interface RawFacts {
  readonly id: string;
  readonly form: number;
  readonly key_fingerprint: string;
  readonly key_kind: KeySource["kind"];
  readonly key_place: string;
}

/**
 * What the store says of itself; undefined where there is none.
 *
 * @throws {ConfigurationError} code `store_newer`
 */
export async function readForm(connection: PostgresConnection): Promise<StoreFacts | undefined> {
  const raw = await connection.read(async (statements) => {
    if (!(await isMade(statements))) return undefined;
    return (await statements.rows<RawFacts>("SELECT * FROM keyfob.store"))[0];
  });
  if (raw === undefined) return undefined;
  if (raw.form > FORM) {
    throw new ConfigurationError("Cannot use this store: it was written by a newer keyfob", {
      code: "store_newer",
      hint: "keyfob upgrade",
    });
  }
  return {
    storeId: raw.id,
    keyFingerprint: raw.key_fingerprint,
    keySource: { kind: raw.key_kind, place: raw.key_place },
  };
}

/** Makes the tables; of several processes at once the first. */
export async function makeTables(connection: PostgresConnection, facts: StoreFacts): Promise<void> {
  await connection.transaction(async (statements) => {
    await statements.rows("SELECT pg_advisory_xact_lock($1)", [CREATION_LOCK]);
    if (await isMade(statements)) return;
    for (const table of TABLES) await statements.rows(table);
    const { storeId, keyFingerprint, keySource } = facts;
    const values = [storeId, FORM, keyFingerprint, keySource.kind, keySource.place];
    await statements.rows("INSERT INTO keyfob.store VALUES ($1, $2, $3, $4, $5)", values);
  });
}

async function isMade(statements: Statements): Promise<boolean> {
  const [found] = await statements.rows<{ made: boolean }>(
    "SELECT to_regclass('keyfob.store') IS NOT NULL AS made",
  );
  return found?.made === true;
}
