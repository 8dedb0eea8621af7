/**
 * Why something cannot be written, in words, with what to do about it.
 *
 * @module
 */
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Failed, KeyfobError } from "./errors.ts";

/** What keeps a file from being written. */
export interface WriteTrouble {
  readonly kind: "full" | "read_only" | "io";
  /** As it stands behind a colon. */
  readonly reason: string;
  readonly hint: string;
}

/** How the vault and all that is keyfob's own is put elsewhere; for other files it is said by who writes them. */
const ELSEWHERE = "set KEYFOB_HOME to a folder of your own";

/** Bytes below which a disk counts as full where SQLite says no more than that it failed: it needs about as many. */
const SCARCE = 128 * 1024;

/** By the beginnings of the system's and SQLite's codes. */
const REASONS: readonly (readonly [beginning: string, kind: WriteTrouble["kind"], reason: string])[] = [
  ["ENOSPC", "full", "the disk is full"],
  ["SQLITE_FULL", "full", "the disk is full"],
  ["EDQUOT", "full", "the disk quota is used up"],
  ["EROFS", "read_only", "the file system is read-only"],
  ["EACCES", "read_only", "permission is denied"],
  ["EPERM", "read_only", "permission is denied"],
  ["ENOTDIR", "read_only", "a file stands where a folder must be"],
  ["EEXIST", "read_only", "a file stands where a folder must be"],
  ["SQLITE_READONLY", "read_only", "it cannot be written to"],
  ["SQLITE_CANTOPEN", "read_only", "it cannot be opened here"],
  ["SQLITE_PERM", "read_only", "it cannot be opened here"],
  ["SQLITE_IOERR", "io", "the disk failed to read or write"],
  ["EIO", "io", "the disk failed to read or write"],
];

/** Codes that leave open what is wrong. */
const VAGUE = /^SQLITE_(?:READONLY|CANTOPEN|PERM|IOERR)/;

/**
 * What `cause` says of writing to `path`; undefined where it is nothing of that kind. Where it is vague, the folder
 * is asked. `elsewhere` says how a person can have the file in another folder.
 */
export function writeTrouble(cause: unknown, path: string, elsewhere = ELSEWHERE): WriteTrouble | undefined {
  const code = codeOf(cause);
  const clearer = VAGUE.test(code) ? (refusalOf(path) ?? (isFull(path) ? "ENOSPC" : code)) : code;
  const found = REASONS.find(([beginning]) => clearer.startsWith(beginning));
  if (found === undefined) return undefined;
  const [, kind, reason] = found;
  return { kind, reason, hint: hintFor(kind, dirname(path), elsewhere) };
}

/** `cause` as the failure to write the file at `path`, code `not_written`; itself where the system says nothing. */
export function cannotWrite(cause: unknown, path: string, elsewhere?: string): unknown {
  const code = codeOf(cause);
  if (code === "" || cause instanceof KeyfobError) return cause;
  const { reason, hint } = writeTrouble(cause, path, elsewhere) ?? unusual(code, path);
  return new Failed(`Cannot write "${path}": ${reason}`, {
    code: "not_written",
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Nothing that a disk or permissions could mend. */
function unusual(code: string, path: string): { readonly reason: string; readonly hint?: string } {
  if (code !== "ENOENT") return { reason: `the system says ${code}` };
  return { reason: "its folder is not there", hint: `make the folder "${dirname(path)}"` };
}

function hintFor(kind: WriteTrouble["kind"], folder: string, elsewhere: string): string {
  if (kind === "full") return `free some space on the disk of "${folder}"`;
  if (kind === "read_only") return `${elsewhere}, or see that you may write to "${folder}"`;
  return `see whether the disk of "${folder}" is failing; if so, ${elsewhere} on another one`;
}

/** Why the folder of `path` or the file there may not be written to, as the system says it; undefined where both may. */
function refusalOf(path: string): string | undefined {
  for (const place of [dirname(path), path]) {
    try {
      if (existsSync(place)) accessSync(place, constants.W_OK);
    } catch (cause) {
      return codeOf(cause);
    }
  }
  return undefined;
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(path));
    return bavail * bsize < SCARCE || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
