/**
 * The lock between processes: one holds it at a time, though its file comes and goes.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFileLock } from "../../src/vault/file_lock.ts";
import { until } from "./fixtures.ts";
import { outputOf, startWorker } from "./workers.ts";

/** A folder with a counter in it, and the place of a lock. */
class Scene implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "keyfob-lock-"));
  readonly lock = join(this.folder, "lock");
  readonly counter = join(this.folder, "counter");

  constructor() {
    writeFileSync(this.counter, "0");
  }

  get count(): number {
    return Number(readFileSync(this.counter, "utf8"));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

test("of many processes one at a time holds the lock, and the last leaves no file", async () => {
  using scene = new Scene();
  const workers = Array.from({ length: 6 }, () => startWorker(scene.folder, "countUnderLock", "40"));
  for (const output of await Promise.all(workers.map(outputOf))) expect(output).toBe("counted");
  expect(scene.count).toBe(240);
  expect(existsSync(scene.lock)).toBe(false);
});

test("who waited for a file that was removed does not take its lock for the one that is there now", async () => {
  using scene = new Scene();
  writeFileSync(scene.lock, "");
  const stale = new Database(scene.lock, { readwrite: true, create: false });
  stale.run("BEGIN EXCLUSIVE");
  let held = 0;
  const waiting = withFileLock(scene.lock, async () => (held += 1));
  await Bun.sleep(300);
  expect(held).toBe(0);
  rmSync(scene.lock);
  // Another one is there before the first is given back.
  await withFileLock(scene.lock, async () => {
    stale.close();
    await Bun.sleep(300);
    expect(held).toBe(0);
  });
  expect(await waiting).toBe(1);
  expect(existsSync(scene.lock)).toBe(false);
});

test("a process that is killed leaves the file, and the lock to the next", async () => {
  using scene = new Scene();
  const worker = startWorker(scene.folder, "holdLock", "");
  await until(() => existsSync(scene.lock) && scene.count === 1);
  worker.kill("SIGKILL");
  await worker.exited;
  expect(existsSync(scene.lock)).toBe(true);
  expect(await withFileLock(scene.lock, async () => "held")).toBe("held");
  expect(existsSync(scene.lock)).toBe(false);
});

test("what the work fails with is thrown, and the lock given back", async () => {
  using scene = new Scene();
  const work = async (): Promise<never> => {
    throw new Error("it failed");
  };
  await expect(withFileLock(scene.lock, work)).rejects.toThrow("it failed");
  expect(existsSync(scene.lock)).toBe(false);
});
