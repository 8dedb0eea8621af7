/**
 * The program's own file: replaced in one step, with the version before kept beside it.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { copyFile, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failed } from "../errors.ts";
import { withoutTokens } from "../handed_environment.ts";
import { syncFolder } from "../private_file.ts";

/** Seconds the new program may take to say its version: it needs milliseconds, a cold disk some seconds. */
const START_SECONDS = 30;

/** Where the version before is kept. */
export function previousPath(program: string): string {
  return `${program}.previous`;
}

/**
 * Writes `content` beside `program`, checks that it starts and is `version`, and puts it in its place. The program
 * that was there becomes the one before. Until the last step nothing has changed; there is no moment without one.
 *
 * @throws {Failed} `not_writable`, `does_not_start`
 */
export async function replaceProgram(program: string, content: Uint8Array, version: string): Promise<void> {
  const neighbour = `${program}.${crypto.randomUUID()}.new`;
  try {
    await writeProgram(neighbour, content, await stat(program));
    await refuseBroken(neighbour, version);
    await swap(program, neighbour);
  } catch (cause) {
    await rm(neighbour, { force: true }).catch(() => {});
    throw explain(program, cause);
  }
}

/**
 * Goes back to the version before, which is returned; a second time goes forward again.
 *
 * @throws {Failed} `no_previous`, `not_writable`, `does_not_start`
 */
export async function restorePrevious(program: string): Promise<string> {
  const previous = previousPath(program);
  const isThere = await stat(previous).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    throw new Failed(`Cannot go back: there is no "${previous}"`, {
      code: "no_previous",
      hint: "only an upgrade leaves the version before",
    });
  }
  const version = await versionOf(previous);
  if (version === undefined) throw doesNotStart(previous);
  const neighbour = `${program}.${crypto.randomUUID()}.new`;
  try {
    await duplicate(previous, neighbour);
    await swap(program, neighbour);
  } catch (cause) {
    await rm(neighbour, { force: true }).catch(() => {});
    throw explain(program, cause);
  }
  return version;
}

/** For those who could run the program before, whatever the mask of whoever upgrades it; nobody else meanwhile. */
async function writeProgram(path: string, content: Uint8Array, before: Stats): Promise<void> {
  const file = await open(path, "wx", 0o700);
  try {
    await file.writeFile(content);
    if (process.getuid?.() === 0) await file.chown(before.uid, before.gid);
    await file.chmod(before.mode & 0o777);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function refuseBroken(path: string, version: string): Promise<void> {
  if ((await versionOf(path)) !== version) throw doesNotStart(path);
}

/** What the program at `path` says its version is; undefined where it does not start. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const child = Bun.spawn([path, "--version"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      env: withoutTokens(process.env),
      timeout: START_SECONDS * 1000,
      killSignal: "SIGKILL",
    });
    const said = await new Response(child.stdout).text();
    return (await child.exited) === 0 ? said.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The old program gets a second name first, so that the new one can take the first name in one rename. */
async function swap(program: string, next: string): Promise<void> {
  const previous = previousPath(program);
  if (process.platform === "win32") return await swapOnWindows(program, next);
  const kept = `${previous}.${crypto.randomUUID()}.new`;
  await duplicate(program, kept);
  await rename(kept, previous);
  await rename(next, program);
  await syncFolder(dirname(program));
}

/** Windows refuses to replace a running program, and lets it be renamed. */
async function swapOnWindows(program: string, next: string): Promise<void> {
  const previous = previousPath(program);
  await rm(previous, { force: true });
  await rename(program, previous);
  try {
    await rename(next, program);
  } catch (cause) {
    await rename(previous, program);
    throw cause;
  }
}

async function duplicate(from: string, to: string): Promise<void> {
  // Not every file system has hard links.
  await link(from, to).catch(() => copyFile(from, to));
}

function doesNotStart(path: string): Failed {
  return new Failed(`Cannot use the program "${path}": it does not start here`, {
    code: "does_not_start",
    hint: "nothing was changed",
  });
}

function explain(program: string, cause: unknown): unknown {
  if (cause instanceof Failed) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new Failed(`Cannot replace "${program}": ${isFull ? "the disk is full" : code}`, {
    code: isFull ? "disk_full" : "not_writable",
    hint: isFull ? "nothing was changed" : "run it as the user who installed keyfob; nothing was changed",
    cause,
  });
}
