/**
 * Where a store's file is when its name is a link.
 *
 * @module
 */
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The file that the link at `path` leads to, beside which SQLite keeps the log; `path` itself where that is no link. */
export function fileBehind(path: string): string {
  return targetOf(path) ?? path;
}

/** Where the link at `path` leads, be something there or not; undefined where there is no link. */
export function targetOf(path: string): string | undefined {
  if (!isLink(path)) return undefined;
  try {
    return realpathSync(path);
  } catch {
    return resolve(dirname(path), readlinkSync(path));
  }
}

/** What cannot be looked at is none: whoever opens it says why. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}
