/**
 * Whether a login could be written or refreshed where the vault is, found out by writing.
 *
 * @module
 */
import { access, constants, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { missingBallast } from "./ballast.ts";
import { fileBehind } from "./link_target.ts";
import { storeTrouble } from "./store_trouble.ts";

/** Bytes that are tried besides the reserve: what the first login takes, with its store, log and index. */
const BYTES = 192 * 1024;
/** Bytes that the system gives at once. */
const PIECE = 64 * 1024;

/**
 * Tries what a login and a refresh need: room for what they write, and for the reserve where none is set aside.
 * Writes a file beside the vault at `path`, and removes it again; where there is no vault yet, into the nearest folder
 * that there is. Makes no folder.
 *
 * @throws {Failed} code `store_…` where nothing can be written there
 */
export async function probeWriting(path: string): Promise<void> {
  try {
    const file = fileBehind(path);
    await access(file, constants.W_OK).catch(unlessAbsent);
    const probe = join(await nearestFolder(dirname(file)), `.keyfob-${crypto.randomUUID()}.probe`);
    await writeAndRemove(probe, BYTES + missingBallast(path));
  } catch (cause) {
    throw storeTrouble(cause, path);
  }
}

/** Random bytes, so that no file system stores them as a hole or compresses them away. */
async function writeAndRemove(probe: string, bytes: number): Promise<void> {
  const file = await open(probe, "wx", 0o600);
  try {
    for (let written = 0; written < bytes; written += PIECE)
      await file.writeFile(crypto.getRandomValues(new Uint8Array(PIECE)));
    await file.sync();
  } finally {
    await file.close().catch(() => {});
    await rm(probe, { force: true });
  }
}

async function nearestFolder(folder: string): Promise<string> {
  const isThere = await stat(folder).then(() => true, unlessAbsent);
  const above = dirname(folder);
  return isThere || above === folder ? folder : nearestFolder(above);
}

function unlessAbsent(cause: NodeJS.ErrnoException): false {
  if (cause.code === "ENOENT") return false;
  throw cause;
}
