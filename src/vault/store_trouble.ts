/**
 * What goes wrong beneath the vault, as failures a person can act on.
 *
 * @module
 */
import { ConfigurationError, Failed, Unavailable } from "../errors.ts";
import type { KeyfobError } from "../errors.ts";
import { writeTrouble } from "../write_trouble.ts";
import { fileBehind } from "./link_target.ts";

const CODES = { full: "store_full", read_only: "store_read_only", io: "store_io" };

/** The failure that `cause` means for the store at `path`; `cause` itself where it is nothing of the store's. */
export function storeTrouble(cause: unknown, path: string): unknown {
  const code = codeOf(cause);
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB" || lacksTable(cause)) {
    return corruptStore(path, cause);
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new Unavailable(`Cannot use the vault "${path}": another program keeps it locked`, {
      code: "store_busy",
      cause,
    });
  }
  const found = writeTrouble(cause, fileBehind(path));
  if (found === undefined) return cause;
  const { kind, reason, hint } = found;
  return new Failed(`Cannot use the vault "${path}": ${reason}`, { code: CODES[kind], hint, cause });
}

/** A vault without one of its tables is none. */
function lacksTable(cause: unknown): boolean {
  return (
    codeOf(cause) === "SQLITE_ERROR" && cause instanceof Error && cause.message.startsWith("no such table")
  );
}

/** Code of the failure that {@link corruptStore} makes. */
export const STORE_CORRUPT = "store_corrupt";

/** The store's file is not one of ours, or no longer. It is left as it is; where a link leads, nothing is ever moved. */
export function corruptStore(path: string, cause?: unknown): ConfigurationError {
  const file = fileBehind(path);
  const [place, way] =
    file === path
      ? [`"${path}"`, "log in again"]
      : [`"${path}", a link to "${file}"`, "put that file in the place of the link and log in again"];
  return new ConfigurationError(
    `Cannot read the vault ${place}: it is damaged or no vault; it was left as it is`,
    {
      code: STORE_CORRUPT,
      hint: `restore it from a backup, or ${way}: keyfob login ACCOUNT keeps the damaged vault aside`,
      cause,
    },
  );
}

/** The link at `path` leads to nothing: a disk that is not mounted, perhaps, so that nothing is made there. */
export function brokenLink(path: string, target: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the vault "${path}": it is a link to "${target}", where nothing is`,
    {
      code: "store_link_broken",
      hint: "put the vault back there (is the disk mounted?), or remove the link",
    },
  );
}

/** Whether the store could not be written, so that what was to be stored is not. */
export function isStoreTrouble(error: unknown): error is KeyfobError {
  return (error instanceof Failed || error instanceof Unavailable) && error.code.startsWith("store_");
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** `cause`, saying that `what` is not stored; `cause` itself where it is no trouble of the store. */
export function notStored(cause: unknown, what: string): unknown {
  if (!isStoreTrouble(cause)) return cause;
  return retold(cause, `Cannot store ${what}: it is not kept. ${cause.message}`, cause.hint);
}

/** `cause`, saying that the tokens of a login went with it; `cause` itself where it is no trouble of the store. */
export function tokensLost(cause: unknown, account: string): unknown {
  if (!isStoreTrouble(cause)) return cause;
  const message = `${cause.message}; what the provider gave is lost, and cannot be saved in another way`;
  const again = `log in again: keyfob login ${account}`;
  return retold(cause, message, cause.hint === undefined ? again : `${cause.hint}; then ${again}`);
}

function retold(cause: KeyfobError, message: string, hint: string | undefined): KeyfobError {
  const options = { code: cause.code, cause, ...(hint === undefined ? {} : { hint }) };
  return cause instanceof Unavailable ? new Unavailable(message, options) : new Failed(message, options);
}
