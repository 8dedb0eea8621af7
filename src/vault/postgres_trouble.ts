/**
 * What PostgreSQL and the way to it say when something is wrong, as failures a person can act on.
 *
 * @module
 */
import { ConfigurationError, Failed, Unavailable } from "../errors.ts";
import type { KeyfobError } from "../errors.ts";

/** Bun's codes for a server that is not there or went away. */
const GONE =
  /^(?:ERR_POSTGRES_(?:CONNECTION_\w+|IDLE_TIMEOUT|LIFETIME_TIMEOUT)|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|FailedToOpenSocket)$/;

/** SQLSTATE classes and codes that pass: connection trouble, too many clients, shutting down, starting up. */
const PASSING = /^(?:08\w{3}|53300|57P0[123]|40001|40P01|55P03)$/;

/** Trouble of a server that is there, by its SQLSTATE. */
const SERVER_TROUBLE: readonly (readonly [state: RegExp, code: string, why: string, isSetting: boolean])[] = [
  [/^28/, "store_refused", "the server does not accept this user or password", true],
  [/^3D000$/, "store_refused", "there is no such database", true],
  [/^42501$/, "store_refused", "this user may not do that in this database", true],
  [/^53[12]00$/, "store_full", "the server's disk is full", false],
  [/^25006$/, "store_read_only", "the server is read-only, a standby perhaps", false],
];

/** Whether the same again may succeed soon: the server restarts, or has too many clients. */
export function isPassing(cause: unknown): boolean {
  return GONE.test(codeOf(cause)) || PASSING.test(stateOf(cause));
}

/** Whether a row with the same key was there first. */
export function isDuplicate(cause: unknown): boolean {
  return stateOf(cause) === "23505";
}

/** The failure that `cause` means for the store `shown`; `cause` itself where it is nothing of the server's. */
export function postgresTrouble(cause: unknown, shown: string): unknown {
  if (isPassing(cause)) {
    return new Unavailable(
      `Cannot reach the store ${shown}: the server does not answer, or has too much to do`,
      {
        code: "store_unreachable",
        hint: "is the server up?",
        cause,
      },
    );
  }
  const known = SERVER_TROUBLE.find(([state]) => state.test(stateOf(cause)));
  if (known !== undefined) return serverTrouble(known, shown, cause);
  if (!isTlsTrouble(cause)) return cause;
  return new ConfigurationError(`Cannot use the store ${shown}: no trusted connection to it can be made`, {
    code: "store_untrusted",
    hint: "add ?sslrootcert=FILE with its authority to KEYFOB_STORE; ?sslmode=disable gives up encryption",
    cause,
  });
}

function serverTrouble(
  [, code, why, isSetting]: (typeof SERVER_TROUBLE)[number],
  shown: string,
  cause: unknown,
): KeyfobError {
  const message = `Cannot use the store ${shown}: ${why}`;
  return isSetting ? new ConfigurationError(message, { code, cause }) : new Failed(message, { code, cause });
}

function isTlsTrouble(cause: unknown): boolean {
  return /TLS|CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(codeOf(cause));
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** The server's own code of five characters (SQLSTATE). */
function stateOf(cause: unknown): string {
  return cause instanceof Error && "errno" in cause ? String(cause.errno) : "";
}
