/**
 * A disk of a few hundred kilobytes, mounted for one test. Needs root, as CI has it.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface SmallDisk extends Disposable {
  readonly folder: string;
  /** Writes until nothing fits any more. */
  fill(): void;
  /** Takes back what {@link SmallDisk.fill} wrote. */
  empty(): void;
  setReadOnly(): void;
}

/** Mounts one at `folder`. */
export function mountSmallDisk(folder: string, kibibytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  mount("-t", "tmpfs", "-o", `size=${kibibytes}k,mode=0700`, "tmpfs", folder);
  const filler = join(folder, "filler");
  return {
    folder,
    fill: () => fill(filler),
    empty: () => rmSync(filler),
    setReadOnly: () => mount("-o", "remount,ro", folder),
    [Symbol.dispose]: () => void Bun.spawnSync(["umount", "-l", folder]),
  };
}

function mount(...args: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...args], { stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`This test must mount a tmpfs, which needs root: ${stderr.toString()}`);
}

function fill(path: string): void {
  const file = openSync(path, "a");
  try {
    for (const size of [4096, 1]) while (writeSync(file, new Uint8Array(size)) > 0);
  } catch {
    // ENOSPC: that is what it is for.
  } finally {
    closeSync(file);
  }
}

/** Moves the sandbox's home to another folder, closed properly. */
export async function moveHome(
  sandbox: { home: string; environment: Record<string, string> },
  folder: string,
): Promise<void> {
  using database = new Database(join(sandbox.home, "vault.db"), { readwrite: true });
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const { exitCode } = Bun.spawnSync(["cp", "-a", `${sandbox.home}/.`, folder]);
  expect(exitCode).toBe(0);
  sandbox.environment["KEYFOB_HOME"] = folder;
}
