/**
 * What goes wrong beneath the vault, as failures a person can act on.
 *
 * @module
 */
import { ConfigurationError, Failed, Unavailable } from "../errors.ts";
import type { KeyfobError } from "../errors.ts";

/** Why nothing can be written, by the beginnings of SQLite's and the system's codes. */
const WRITE_TROUBLE: readonly (readonly [beginning: string, code: string, why: string])[] = [
  ["SQLITE_FULL", "store_full", "the disk is full"],
  ["ENOSPC", "store_full", "the disk is full"],
  ["EDQUOT", "store_full", "the disk quota is used up"],
  ["SQLITE_READONLY", "store_read_only", "it cannot be written to: the disk is read-only or full"],
  ["SQLITE_CANTOPEN", "store_read_only", "it cannot be opened here"],
  ["SQLITE_PERM", "store_read_only", "it cannot be opened here"],
  ["EROFS", "store_read_only", "the file system is read-only"],
  ["EACCES", "store_read_only", "permission is denied"],
  ["EPERM", "store_read_only", "permission is denied"],
  ["ENOTDIR", "store_read_only", "a file stands where a folder must be"],
  ["EEXIST", "store_read_only", "a file stands where a folder must be"],
  ["SQLITE_IOERR", "store_io", "the disk failed to read or write"],
  ["EIO", "store_io", "the disk failed to read or write"],
];

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
  const found = WRITE_TROUBLE.find(([beginning]) => code.startsWith(beginning));
  if (found === undefined) return cause;
  return new Failed(`Cannot use the vault "${path}": ${found[2]}`, { code: found[1], cause });
}

/** A vault without one of its tables is none. */
function lacksTable(cause: unknown): boolean {
  return (
    codeOf(cause) === "SQLITE_ERROR" && cause instanceof Error && cause.message.startsWith("no such table")
  );
}

/** Code of the failure that {@link corruptStore} makes. */
export const STORE_CORRUPT = "store_corrupt";

/** The store's file is not one of ours, or no longer. It is left as it is. */
export function corruptStore(path: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot read the vault "${path}": it is damaged or no vault; it was left as it is`,
    {
      code: STORE_CORRUPT,
      hint: "restore it from a backup, or log in again: keyfob login ACCOUNT keeps the damaged vault aside",
      cause,
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
  const message = `Cannot store ${what}: it is not kept. ${cause.message}`;
  const options = { code: cause.code, cause };
  return cause instanceof Unavailable ? new Unavailable(message, options) : new Failed(message, options);
}
