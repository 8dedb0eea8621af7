/**
 * Logins under way in PostgreSQL, each under the hash of its state.
 *
 * @module
 */
import { failureOfState, tombstoneState } from "./attempt_failure.ts";
import { requireKey } from "./postgres_accounts.ts";
import type { PostgresConnection, Statements } from "./postgres_connection.ts";
import { SERVER_NOW } from "./postgres_form.ts";
import type { AttemptStore } from "./store.ts";

/** Milliseconds a tombstone stays, so that `finish` can say what became of a login: 7 days. */
const TOMBSTONE = 7 * 24 * 3_600_000;

interface RawAttempt {
  readonly sealed: Uint8Array | null;
  /** `begun`, `claimed`, or a tombstone's. */
  readonly state: string;
}

export function attemptsIn({ read, transaction }: PostgresConnection): AttemptStore {
  return {
    keep: (attempt) => transaction((statements) => keep(statements, attempt)),
    claim: (id) => transaction((statements) => claim(statements, id)),
    release: async (id) => {
      const text = "UPDATE keyfob.attempt SET state = 'begun' WHERE id = $1 AND state = 'claimed'";
      await transaction((statements) => statements.rows(text, [id]));
    },
    finish: async (id, failure) => {
      const text = `UPDATE keyfob.attempt SET state = $3, sealed = NULL, forget_at = ${SERVER_NOW} + $2
        WHERE id = $1`;
      await transaction((statements) => statements.rows(text, [id, TOMBSTONE, tombstoneState(failure)]));
    },
    bar: async (id, forgetAt) =>
      (await transaction((statements) => bar(statements, id, { sql: "$2::bigint", value: forgetAt }))) !==
      undefined,
    takeTurn: (id, milliseconds) =>
      transaction((statements) => bar(statements, id, { sql: `${SERVER_NOW} + $2`, value: milliseconds })),
    renewTurn: (id, until, milliseconds) =>
      transaction(async (statements) => {
        const text = `UPDATE keyfob.attempt SET forget_at = ${SERVER_NOW} + $3 WHERE id = $1 AND forget_at = $2
          RETURNING forget_at`;
        const [renewed] = await statements.rows<{ forget_at: number | string }>(text, [
          id,
          until,
          milliseconds,
        ]);
        return renewed === undefined ? undefined : Number(renewed.forget_at);
      }),
    endTurn: async (id, until) => {
      const text = "DELETE FROM keyfob.attempt WHERE id = $1 AND forget_at = $2";
      await transaction((statements) => statements.rows(text, [id, until]));
    },
    open: () =>
      read((statements) =>
        statements.rows<{ id: string; sealed: Uint8Array }>(
          `SELECT id, sealed FROM keyfob.attempt
           WHERE state = 'begun' AND sealed IS NOT NULL AND expires_at > ${SERVER_NOW} ORDER BY expires_at`,
        ),
      ),
  };
}

async function keep(statements: Statements, attempt: Parameters<AttemptStore["keep"]>[0]): Promise<void> {
  await tidy(statements);
  const { id, sealed, expiresAt } = attempt;
  await requireKey(statements, sealed);
  await statements.rows(
    `INSERT INTO keyfob.attempt (id, sealed, state, expires_at, forget_at) VALUES ($1, $2, 'begun', $3, $4)
     ON CONFLICT DO NOTHING`,
    [id, sealed, expiresAt, expiresAt + TOMBSTONE],
  );
}

/** Secrets of what has expired go, then the tombstones whose time is over. */
async function tidy(statements: Statements): Promise<void> {
  await statements.rows(
    `UPDATE keyfob.attempt SET sealed = NULL WHERE expires_at <= ${SERVER_NOW} AND sealed IS NOT NULL`,
  );
  await statements.rows(`DELETE FROM keyfob.attempt WHERE forget_at <= ${SERVER_NOW}`);
}

async function claim(statements: Statements, id: string): ReturnType<AttemptStore["claim"]> {
  await tidy(statements);
  const [found] = await statements.rows<RawAttempt>(
    "SELECT sealed, state FROM keyfob.attempt WHERE id = $1 FOR UPDATE",
    [id],
  );
  if (found === undefined) return "unknown";
  if (found.state !== "begun") return failureOfState(found.state);
  if (found.sealed === null) return "expired";
  await statements.rows("UPDATE keyfob.attempt SET state = 'claimed' WHERE id = $1", [id]);
  return found.sealed;
}

/** Leaves a row without secrets, which stays until the time `sql` says of `$2`. Returns that; undefined where there is one. */
async function bar(
  statements: Statements,
  id: string,
  { sql, value }: { readonly sql: string; readonly value: number },
): Promise<number | undefined> {
  await tidy(statements);
  const [barred] = await statements.rows<{ forget_at: number | string }>(
    `INSERT INTO keyfob.attempt (id, state, expires_at, forget_at)
     SELECT $1, 'finished', due.at, due.at FROM (SELECT ${sql} AS at) AS due
     ON CONFLICT DO NOTHING RETURNING forget_at`,
    [id, value],
  );
  return barred === undefined ? undefined : Number(barred.forget_at);
}
