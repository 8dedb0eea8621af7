/**
 * Why a file cannot be read, in words, with what to do about it.
 *
 * @module
 */
import { dirname } from "node:path";

/** What keeps a file from being read. */
export interface ReadTrouble {
  /** As it stands behind a colon. */
  readonly reason: string;
  readonly hint: string;
}

/** By the system's codes. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EISDIR: "it is a folder",
  ELOOP: "it is a link that leads to itself",
  EIO: "the disk failed to read",
};

/** What `cause` says of reading `path`. */
export function readTrouble(cause: unknown, path: string): ReadTrouble {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = REASONS[code] ?? (code === "" ? "the system does not say why" : code);
  return { reason, hint: `see that your user may read it: ls -ld '${dirname(path)}' '${path}'` };
}

/** Whether `cause` says that nothing is there. */
export function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}
