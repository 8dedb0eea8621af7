/**
 * Files and folders that only their owner may read.
 *
 * @module
 */
import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ConfigurationError } from "./errors.ts";

/** Any permission of group or others. */
const OTHERS = 0o077;
/** Write permission of group or others. */
const OTHERS_WRITE = 0o022;

/** Makes `folder` with mode 0700. Returns true where it existed with wider permissions, which are taken away. */
export async function privateFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return narrow(folder, 0o700);
}

/** Takes the permissions of group and others from `path`. Returns true where it had any. */
export async function narrow(path: string, mode: number = 0o600): Promise<boolean> {
  if (process.platform === "win32") return false;
  const { mode: found } = await stat(path);
  if ((found & OTHERS) === 0) return false;
  await chmod(path, mode);
  return true;
}

/** Writes `path` whole or not at all: a 0600 neighbour is written, synced and renamed over it. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const neighbour = `${path}.${crypto.randomUUID()}.new`;
  const file = await open(neighbour, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await rename(neighbour, path);
  } catch (cause) {
    await file.close().catch(() => {});
    await rm(neighbour, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename durable: the folder is what holds the name. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What other users of this machine may do with the file of `mode`. */
export function opennessOf(mode: number): "private" | "readable" | "writable" {
  if (process.platform === "win32" || (mode & OTHERS) === 0) return "private";
  return (mode & OTHERS_WRITE) === 0 ? "readable" : "writable";
}

/** Why a file is not to be trusted, and what to do about it. */
export interface Distrust {
  readonly code: "foreign_file" | "writable_by_others";
  readonly reason: string;
  readonly hint: string;
}

/**
 * Why the file or folder at `path` may hold what another user of this machine wrote; undefined where only its owner
 * and root can have written it.
 *
 * @throws the system's error where it cannot be looked at
 */
export async function distrustOf(path: string): Promise<Distrust | undefined> {
  if (process.platform === "win32") return undefined;
  const { mode, uid } = await stat(path);
  const me = process.getuid?.() ?? uid;
  if (uid !== me && uid !== 0)
    return { code: "foreign_file", reason: "it belongs to another user", hint: `chown ${me} '${path}'` };
  if ((mode & OTHERS_WRITE) === 0) return undefined;
  return {
    code: "writable_by_others",
    reason: "other users may write to it",
    hint: `chmod go-w '${path}'`,
  };
}

/**
 * Refuses a file that another user of this machine could have written.
 *
 * @throws {ConfigurationError} where group or others may write, or a stranger owns it
 */
export async function refuseForeignFile(path: string): Promise<void> {
  const distrust = await distrustOf(path);
  if (distrust === undefined) return;
  const { code, reason, hint } = distrust;
  throw new ConfigurationError(`Cannot use "${path}": ${reason}`, { code, hint });
}
