/**
 * Disks and files that are not as they should be: nothing is lost, and what is wrong is said.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { logIn, readToken } from "../drivers/login.ts";
import { commonToken, expiredScene, startWorker } from "./crowd.ts";
import { mountSmallDisk, moveHome } from "./small_disk.ts";

test("a store on a read-only disk gives its token, and refuses a refresh before anything is sent", async () => {
  await using scene = await expiredScene(0);
  using disk = mountSmallDisk(join(scene.sandbox.folder, "disk"), 2000);
  await moveHome(scene.sandbox, disk.folder);
  const token = await readToken(scene.sandbox, ["local"]);
  disk.setReadOnly();
  expect(await readToken(scene.sandbox, ["local"])).toBe(token);
  const { status, stderr } = await scene.sandbox.run(["refresh", "local"]);
  expect(status).toBe(1);
  expect(stderr).toContain("the file system is read-only");
  expect(stderr).toContain("hint: set KEYFOB_HOME to a folder of your own");
  expect(scene.server.count("refresh_token")).toBe(1);
});

test("a damaged store is left as it is by all that reads, and every command says where it is and what to do", async () => {
  await using scene = await expiredScene(0);
  const path = join(scene.sandbox.home, "vault.db");
  const bytes = breakPages(path);
  const readers = [
    ["token", "local"],
    ["status"],
    ["refresh", "local"],
    ["logout", "local"],
    ["key", "show"],
  ];
  for (const args of [...readers, ["finish", "--state", "unknown"], ["rename", "local", "local/new"]]) {
    const { status, stderr } = await scene.sandbox.run(args);
    expect([args[0], status]).toEqual([args[0], 2]);
    expect(stderr).toContain(path);
    expect(stderr).toContain("keyfob login ACCOUNT keeps the damaged vault aside");
  }
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(asides(scene.sandbox.home)).toEqual([]);
});

test("of 8 logins and 8 readers at once on a damaged store one moves it aside, and all 8 go into one new store", async () => {
  await using scene = await expiredScene(0);
  const { sandbox } = scene;
  const path = join(sandbox.home, "vault.db");
  const bytes = breakPages(path);
  const key = readFileSync(join(sandbox.home, "key"));
  const logins = Array.from({ length: 8 }, () => sandbox.run(["login", "local", "--begin"]));
  const readers = Array.from({ length: 8 }, () => sandbox.run(["token", "local"]));
  const outcomes = await Promise.all(logins);
  expect(outcomes.map(({ status, stderr }) => [status, status === 0 ? "" : stderr])).toEqual(
    outcomes.map(() => [0, ""]),
  );
  for (const { status, stdout } of await Promise.all(readers)) {
    expect([2, 4]).toContain(status);
    expect(stdout).toBe("");
  }
  const [aside = "", ...more] = asides(sandbox.home);
  expect(more).toEqual([]);
  expect(readFileSync(join(sandbox.home, aside)).equals(bytes)).toBe(true);
  expect(outcomes.filter(({ stderr }) => stderr.includes(aside))).toHaveLength(1);
  expect(existsSync(`${path}.lock`)).toBe(false);
  expect(rawly(path, "SELECT count(*) AS found FROM attempt")).toEqual([{ found: 8 }]);
  expect(rawly(path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
  await readToken(sandbox, ["local"]);
  expect(readFileSync(join(sandbox.home, "key")).equals(key)).toBe(true);
});

test("a vault behind a symbolic link: login, token and refresh work, and the link stays", async () => {
  await using scene = await expiredScene(0);
  const { sandbox } = scene;
  const [path, target] = [join(sandbox.home, "vault.db"), join(sandbox.folder, "logins.db")];
  rawly(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  renameSync(path, target);
  symlinkSync(target, path);
  const first = await readToken(sandbox, ["local"]);
  expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
  expect(await readToken(sandbox, ["local"])).not.toBe(first);
  expect((await logIn(sandbox, ["local/other"])).status).toBe(0);
  await readToken(sandbox, ["local/other"]);
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(rawly(target, "SELECT count(*) AS found FROM account")).toEqual([{ found: 2 }]);
  renameSync(target, `${target}.away`);
  for (const args of [["token", "local"], ["status"], ["login", "local"]]) {
    const { status, stderr } = await sandbox.run(args);
    expect([args, status]).toEqual([args, 2]);
    expect(stderr).toContain(`it is a link to "${target}", where nothing is`);
  }
});

test("a store of a newer version is refused with an explanation and stays as it is", async () => {
  await using scene = await expiredScene(0);
  const path = join(scene.sandbox.home, "vault.db");
  rawly(path, "PRAGMA user_version = 99");
  const before = readFileSync(path);
  const { status, stderr } = await scene.sandbox.run(["token", "local"]);
  expect(status).toBe(2);
  expect(stderr).toContain("it was written by a newer keyfob");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a store that another program keeps locked: exit 3 after a while, nothing is sent, and then it goes on", async () => {
  await using scene = await expiredScene(0);
  const locker = new Database(join(scene.sandbox.home, "vault.db"), { readwrite: true });
  locker.run("BEGIN EXCLUSIVE");
  const { status, stderr } = await scene.sandbox.run(["token", "local"]);
  expect(status).toBe(3);
  expect(stderr).toContain("another program keeps it locked");
  expect(scene.server.count("refresh_token")).toBe(0);
  locker.run("ROLLBACK");
  locker.close();
  await readToken(scene.sandbox, ["local"]);
});

test("a store of the first form is brought to the new one by the first of many, with a backup", async () => {
  await using scene = await expiredScene(100);
  const path = join(scene.sandbox.home, "vault.db");
  rawly(path, "ALTER TABLE account DROP COLUMN receipt");
  rawly(path, "ALTER TABLE account DROP COLUMN lease_tick");
  rawly(path, "PRAGMA user_version = 1");
  const [before] = rawly<{ sealed: Uint8Array }>(path, "SELECT sealed FROM account");
  const workers = Array.from({ length: 8 }, () => startWorker(scene));
  await commonToken(scene, await Promise.all(workers.map(({ outcome }) => outcome)));
  expect(scene.server.count("refresh_token")).toBe(1);
  const backup = `${path}.form-1`;
  expect(existsSync(backup)).toBe(true);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(rawly(backup, "PRAGMA user_version")).toEqual([{ user_version: 1 }]);
  expect(rawly<{ sealed: Uint8Array }>(backup, "SELECT sealed FROM account")).toEqual([before!]);
  expect(rawly(path, "PRAGMA user_version")).toEqual([{ user_version: 2 }]);
});

/** Overwrites the pages after the first, where the tables lie: the header still says that it is a vault. */
function breakPages(path: string): Buffer {
  const bytes = readFileSync(path).fill(0xa5, 4096);
  writeFileSync(path, bytes);
  return bytes;
}

function asides(home: string): string[] {
  return readdirSync(home).filter((name) => name.includes(".damaged-"));
}

/** Runs SQL on the file itself, as no part of keyfob would. */
function rawly<Row>(path: string, sql: string): Row[] {
  using database = new Database(path, { readwrite: true });
  return database.query<Row, []>(sql).all();
}
