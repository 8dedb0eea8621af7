/**
 * The file system, loaded when it is first asked for.
 *
 * @module
 */
import type * as FileSystem from "node:fs";

/**
 * What `node:fs` has, for files on the way of a warm token: loading it takes a millisecond, and such a token looks at
 * its files with `Bun.file` alone.
 */
export function fileSystem(): typeof FileSystem {
  return process.getBuiltinModule("node:fs");
}
