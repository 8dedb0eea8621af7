/**
 * Stores behind links that are turned to another file while a process has them open.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStore } from "../../src/vault/sqlite.ts";
import { homeWithLogins } from "./broken_stores.ts";
import { GOOGLE, type Home } from "./fixtures.ts";
import { fresh, renewed, Script } from "./script.ts";

/** Refreshes in a process that had the store open before `turn`, and says what one that opens it then finds. */
async function refreshAround(home: Home, turn: () => void): Promise<string | undefined> {
  const running = await home.open();
  await running.list();
  turn();
  await fresh(running, new Script(renewed(3600, "refresh-2")), { force: true });
  await running.close();
  const next = await home.open();
  const found = await next.find(GOOGLE);
  await next.close();
  return found?.session.tokens.refreshToken;
}

/** Makes `path` a link to `target` in one step. */
function turnLink(path: string, target: string): void {
  symlinkSync(target, `${path}.next`);
  renameSync(`${path}.next`, path);
}

test("a link of the file that leads to a copy now: the process goes on in the copy", async () => {
  using home = await homeWithLogins();
  const { vaultFile } = home.paths;
  const [one, two] = ["one", "two"].map((name) => join(home.folder, name, "vault.db"));
  for (const name of ["one", "two"]) mkdirSync(join(home.folder, name));
  renameSync(vaultFile, one!);
  symlinkSync(one!, vaultFile);
  const turn = (): void => {
    using database = new Database(vaultFile);
    database.run("VACUUM INTO ?", [two!]);
    turnLink(vaultFile, two!);
  };
  expect(await refreshAround(home, turn)).toBe("refresh-2");
});

test("a link of the folder that leads to a copy now: the process goes on in the copy", async () => {
  using home = await homeWithLogins();
  const { dataFolder } = home.paths;
  const [one, two] = [join(home.folder, "one"), join(home.folder, "two")];
  renameSync(dataFolder, one);
  symlinkSync(one, dataFolder);
  const turn = (): void => {
    cpSync(one, two, { recursive: true });
    turnLink(dataFolder, two);
  };
  expect(await refreshAround(home, turn)).toBe("refresh-2");
});

test.if(process.platform === "linux")("a successor that cannot be used leaves no file open", async () => {
  using home = await homeWithLogins();
  const { vaultFile } = home.paths;
  const store = await openSqliteStore(vaultFile, {
    clock: { now: () => new Date(), ticks: () => null },
    notice: () => {},
  });
  {
    using database = new Database(vaultFile);
    database.run("VACUUM INTO ?", [`${vaultFile}.next`]);
    using successor = new Database(`${vaultFile}.next`);
    successor.run("DROP TABLE store");
  }
  renameSync(`${vaultFile}.next`, vaultFile);
  const before = openFiles(home.folder);
  for (let use = 0; use < 20; use += 1) await expect(store.accounts.list()).rejects.toThrow();
  expect(openFiles(home.folder)).toBeLessThanOrEqual(before);
  await store.close();
});

/** How many files below `folder` this process has open. */
function openFiles(folder: string): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}
