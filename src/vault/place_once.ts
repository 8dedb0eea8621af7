/**
 * Putting a finished file in its place, only where nothing stands there yet.
 *
 * @module
 */
import { constants } from "node:fs";
import { copyFile, link, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../private_file.ts";

/** What file systems without hard links answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EINVAL", "EACCES"]);

/**
 * Moves `finished` to `path`. Returns false, and leaves what stands at `path`, where another was first.
 * Whoever sees `path` sees a whole file; without hard links the first moments of a copy may be seen.
 */
export async function placeOnce(finished: string, path: string): Promise<boolean> {
  try {
    await linkOrCopy(finished, path);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false;
    throw cause;
  } finally {
    await rm(finished, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** Gives the file at `from` the name `path` as well, where nothing stands; a copy where there are no hard links. */
export async function linkOrCopy(from: string, path: string): Promise<void> {
  try {
    await link(from, path);
  } catch (cause) {
    if (!NO_LINKS.has(codeOf(cause))) throw cause;
    await copyFile(from, path, constants.COPYFILE_EXCL);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
