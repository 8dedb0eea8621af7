/**
 * Logins under way in SQLite, each under the hash of its state.
 *
 * @module
 */
import { failureOfState, tombstoneState } from "./attempt_failure.ts";
import { keyFingerprint, timeOf } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import type { AttemptStore } from "./store.ts";
import { refuseOldKey } from "./vault_sealer.ts";

/** Milliseconds a tombstone stays, so that `finish` can say what became of a login: 7 days. */
const TOMBSTONE = 7 * 24 * 3_600_000;

interface RawAttempt {
  readonly sealed: Uint8Array | null;
  /** `begun`, `claimed`, or a tombstone's. */
  readonly state: string;
  readonly expires_at: number;
}

export function attemptsIn(connection: Connection): AttemptStore {
  return {
    keep: (attempt) => connection.write(() => keep(connection, attempt)),
    claim: (id) => connection.write(() => claim(connection, id)),
    release: (id) =>
      connection.write(() => {
        connection.database
          .query("UPDATE attempt SET state = 'begun' WHERE id = ? AND state = 'claimed'")
          .run(id);
      }),
    finish: (id, failure) =>
      connection.write(() => {
        connection.database
          .query("UPDATE attempt SET state = ?, sealed = NULL, forget_at = ? WHERE id = ?")
          .run(tombstoneState(failure), timeOf(connection) + TOMBSTONE, id);
      }),
    bar: (id, forgetAt) => connection.write(() => bar(connection, id, forgetAt)),
    takeTurn: (id, milliseconds) => connection.write(() => takeTurn(connection, id, milliseconds)),
    renewTurn: (id, until, milliseconds) =>
      connection.write(() => {
        const anew = timeOf(connection) + milliseconds;
        const { changes } = connection.database
          .query("UPDATE attempt SET forget_at = ? WHERE id = ? AND forget_at = ?")
          .run(anew, id, until);
        return changes > 0 ? anew : undefined;
      }),
    endTurn: (id, until) =>
      connection.write(() => {
        connection.database.query("DELETE FROM attempt WHERE id = ? AND forget_at = ?").run(id, until);
      }),
    open: () => connection.read(() => open(connection)),
  };
}

function keep(connection: Connection, attempt: Parameters<AttemptStore["keep"]>[0]): void {
  tidy(connection);
  refuseOldKey(attempt.sealed, keyFingerprint(connection));
  const { id, sealed, expiresAt } = attempt;
  connection.database
    .query("INSERT INTO attempt (id, sealed, state, expires_at, forget_at) VALUES (?, ?, 'begun', ?, ?)")
    .run(id, sealed, expiresAt, expiresAt + TOMBSTONE);
}

/** Secrets of what has expired go, then the tombstones whose time is over. */
function tidy(connection: Connection): void {
  const { database } = connection;
  const now = timeOf(connection);
  database.query("UPDATE attempt SET sealed = NULL WHERE expires_at <= ?").run(now);
  database.query("DELETE FROM attempt WHERE forget_at <= ?").run(now);
}

function claim(connection: Connection, id: string): Awaited<ReturnType<AttemptStore["claim"]>> {
  tidy(connection);
  const { database } = connection;
  const found = database
    .query<RawAttempt, [string]>("SELECT sealed, state, expires_at FROM attempt WHERE id = ?")
    .get(id);
  if (found === null) return "unknown";
  if (found.state !== "begun") return failureOfState(found.state);
  if (found.sealed === null) return "expired";
  database.query("UPDATE attempt SET state = 'claimed' WHERE id = ?").run(id);
  return found.sealed;
}

/** Leaves a row without secrets, which stays until `forgetAt`. False where there is one. */
function bar(connection: Connection, id: string, forgetAt: number): boolean {
  tidy(connection);
  const { changes } = connection.database
    .query(
      `INSERT INTO attempt (id, state, expires_at, forget_at) VALUES (?, 'finished', ?, ?)
       ON CONFLICT DO NOTHING`,
    )
    .run(id, forgetAt, forgetAt);
  return changes > 0;
}

/** A turn is a tombstone that is forgotten soon. */
function takeTurn(connection: Connection, id: string, milliseconds: number): number | undefined {
  const until = timeOf(connection) + milliseconds;
  return bar(connection, id, until) ? until : undefined;
}

function open(connection: Connection): Awaited<ReturnType<AttemptStore["open"]>> {
  return connection.database
    .query<{ id: string; sealed: Uint8Array }, [number]>(
      `SELECT id, sealed FROM attempt
       WHERE state = 'begun' AND sealed IS NOT NULL AND expires_at > ? ORDER BY expires_at`,
    )
    .all(timeOf(connection));
}
