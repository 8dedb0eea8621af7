/**
 * Disks on which nothing more fits: no login is lost, no code is spent in vain, and what is wrong is said.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";
import { homeWithLogins } from "../vault/broken_stores.ts";
import { type Home, homePaths, sessionWith, WORK } from "../vault/fixtures.ts";
import { commonToken, expiredScene, until } from "./crowd.ts";
import { mountSmallDisk, moveHome } from "./small_disk.ts";

test("a full disk still gives a token that lives; a refresh fails before anything is sent, and exit 1 says why", async () => {
  await using scene = await expiredScene(0);
  using disk = mountSmallDisk(join(scene.sandbox.folder, "disk"), 400);
  await readToken(scene.sandbox, ["local"]);
  await moveHome(scene.sandbox, disk.folder);
  disk.fill();
  await readToken(scene.sandbox, ["local"]);
  const { status, stderr } = await scene.sandbox.run(["refresh", "local"]);
  expect(status).toBe(1);
  expect(stderr).toContain(`"${join(disk.folder, "vault.db")}": the disk is full`);
  expect(stderr).toContain(`hint: free some space on the disk of "${disk.folder}"`);
  expect(scene.server.count("refresh_token")).toBe(1);
  disk.empty();
  expect((await scene.sandbox.run(["refresh", "local"])).status).toBe(0);
  expect(scene.server.count("refresh_token")).toBe(2);
});

test("a full disk with a vault, and no space set aside: what reads works, and what writes names disk, folder and way out", async () => {
  await using scene = await expiredScene(0);
  const { sandbox } = scene;
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 400);
  await readToken(sandbox, ["local"]);
  await moveHome(sandbox, disk.folder);
  rmSync(join(disk.folder, "vault.db.reserve"));
  disk.fill();
  // The first attempt to open it leaves an empty log.
  for (let round = 0; round < 2; round += 1) {
    const { stdout, status } = await sandbox.run(["status", "--json"]);
    expect([status, (JSON.parse(stdout) as unknown[]).length]).toEqual([0, 1]);
    await readToken(sandbox, ["local"]);
  }
  const writers = [
    ["refresh", "local"],
    ["rename", "local", "local/new"],
    ["logout", "local", "--local"],
    ["login", "local"],
    ["login", "local", "--begin"],
  ];
  for (const args of writers) {
    const { status, stderr, stdout } = await sandbox.run(args);
    expect([args, status, stdout]).toEqual([args, 1, ""]);
    expect(stderr).toContain(`Cannot use the vault "${join(disk.folder, "vault.db")}": the disk is full`);
    expect(stderr).toContain(`hint: free some space on the disk of "${disk.folder}"`);
    expect(stderr).not.toContain("http");
  }
  const others = [
    ["rekey"],
    ["providers", "add", "other", "--issuer", scene.server.issuer, "--client-id", "x"],
  ];
  for (const args of others) {
    disk.fill();
    const { status, stderr } = await sandbox.run(args);
    expect([args, status]).toEqual([args, 1]);
    expect(stderr).toMatch(/Cannot write ".*": the disk is full\n +hint: free some space on the disk of "/);
  }
  expect(scene.server.count("refresh_token")).toBe(1);
  disk.empty();
  expect((await sandbox.run(["rename", "local", "local/new"])).status).toBe(0);
});

test("a full disk without a vault: a login fails before an address is shown, and leaves nothing behind", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 300);
  sandbox.environment["KEYFOB_HOME"] = disk.folder;
  writeFileSync(
    join(disk.folder, "providers.json"),
    JSON.stringify({ providers: { local: publicEntry(server) } }),
    { mode: 0o600 },
  );
  disk.fill();
  for (const end of [[], ["--begin"], ["--method", "device"]]) {
    const { status, stderr, stdout } = await sandbox.run(["login", "local", ...end]);
    expect([end, status, stdout]).toEqual([end, 1, ""]);
    expect(stderr).toContain("the disk is full");
    expect(stderr).toContain(`hint: free some space on the disk of "${disk.folder}"`);
    expect(stderr).not.toContain("http");
  }
  expect(readdirSync(disk.folder).toSorted()).toEqual(["filler", "providers.json"]);
});

test("a store that fills up after the code was spent: it is said that the tokens are lost, and what to do", async () => {
  await using scene = await expiredScene(2000);
  const { sandbox } = scene;
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 900);
  await moveHome(sandbox, disk.folder);
  const login = logIn(sandbox, ["local/other"]);
  await until(() => scene.arrived() === 1);
  rmSync(join(disk.folder, "vault.db.reserve"));
  disk.fill();
  const { status, stderr } = await login;
  expect(status).toBe(1);
  expect(stderr).toContain('Cannot store the login "local/other": it is not kept');
  expect(stderr).toContain("what the provider gave is lost");
  expect(stderr).toContain("; then log in again: keyfob login local/other");
});

test("on a full disk no parcel is spent that could not be stored", async () => {
  await using scene = await expiredScene(0);
  await using sandbox = await createSandbox();
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 400);
  sandbox.environment["KEYFOB_HOME"] = disk.folder;
  writeFileSync(
    join(disk.folder, "providers.json"),
    JSON.stringify({ providers: { local: publicEntry(scene.server) } }),
    { mode: 0o600 },
  );
  const key = (await sandbox.run(["key", "show"])).stdout.trim();
  const parcel = (await scene.sandbox.run(["export", "local", "--to", key])).stdout;
  rmSync(join(disk.folder, "vault.db.reserve"), { force: true });
  disk.fill();
  const failed = await sandbox.run(["import"], { input: parcel });
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining("the disk is full")]);
  disk.empty();
  const { status, stderr } = await sandbox.run(["import"], { input: parcel });
  expect([status, stderr]).toEqual([0, expect.stringContaining("local")]);
});

test.each([
  ["moved", [], "keyfob export local --cancel on the other machine takes the account back"],
  ["copied", ["--keep"], "keyfob export local --to KEY --keep on the other machine gives a new one"],
])(
  "a %s parcel that was taken in and could not be stored: how the account is had again",
  async (_what, flags, way) => {
    await using scene = await expiredScene(0);
    await using sandbox = await createSandbox();
    using disk = mountSmallDisk(join(sandbox.folder, "disk"), 1200);
    sandbox.environment["KEYFOB_HOME"] = disk.folder;
    await sandbox.replaceRegistry(JSON.stringify({ providers: { local: publicEntry(scene.server) } }));
    const key = (await sandbox.run(["key", "show"])).stdout.trim();
    const parcel = (await scene.sandbox.run(["export", "local", "--to", key, ...flags])).stdout;
    using database = new Database(join(disk.folder, "vault.db"), { readwrite: true });
    database.run("CREATE TABLE filler (bytes BLOB)");
    // The disk is full at the very moment when the account is written, and not before.
    database.run(
      "CREATE TRIGGER fills BEFORE INSERT ON account BEGIN INSERT INTO filler VALUES (randomblob(3000000)); END",
    );
    const { status, stderr } = await sandbox.run(["import"], { input: parcel });
    expect([status, stderr]).toEqual([1, expect.stringContaining("the disk is full")]);
    const said = stderr.replaceAll(/\s+/g, " ");
    expect(said).toContain("this text cannot be used again");
    expect(said).toContain(way);
    database.run("DROP TRIGGER fills");
    const again = await sandbox.run(["import", "--json"], { input: parcel });
    expect([again.status, again.stdout]).toEqual([2, expect.stringContaining("parcel_used")]);
  },
);

test("a vault that was opened on a full disk sees what others write later, and is written to once there is space", async () => {
  using home = await homeWithLogins();
  using disk = mountSmallDisk(join(home.folder, "disk"), 900);
  await moveVault(home, disk.folder);
  const paths = homePaths(disk.folder);
  disk.fill();
  const vault = await home.open({ paths });
  expect(await vault.list()).toHaveLength(2);
  await expect(vault.forget(WORK)).rejects.toMatchObject({ code: "store_full" });
  disk.empty();
  const other = await home.open({ paths });
  await other.forget(WORK);
  expect(await vault.list()).toHaveLength(1);
  await vault.save(WORK, sessionWith(60));
  expect(await other.list()).toHaveLength(2);
  await Promise.all([vault.close(), other.close()]);
});

test("a log beside the target of a link is not passed over on a full disk", async () => {
  using home = await homeWithLogins();
  using disk = mountSmallDisk(join(home.folder, "disk"), 900);
  await moveVault(home, disk.folder);
  const [file, aside] = [join(disk.folder, "vault.db"), join(home.folder, "aside-wal")];
  const writer = new Database(file, { readwrite: true });
  writer.run("DELETE FROM account WHERE label = 'work'");
  copyFileSync(`${file}-wal`, aside);
  copyFileSync(file, `${aside}.db`);
  writer.close();
  // As a crash leaves it: the deletion is in the log alone.
  copyFileSync(`${aside}.db`, file);
  copyFileSync(aside, `${file}-wal`);
  const paths = homePaths(join(home.folder, "linked"));
  mkdirSync(paths.dataFolder, { recursive: true, mode: 0o700 });
  copyFileSync(home.paths.keyFile, paths.keyFile);
  symlinkSync(file, paths.vaultFile);
  rmSync(`${file}.reserve`, { force: true });
  disk.fill();
  const full = { code: "store_full", exitStatus: 1 };
  await expect(home.open({ paths })).rejects.toMatchObject(full);
  disk.empty();
  const vault = await home.open({ paths });
  expect(await vault.list()).toHaveLength(1);
  await vault.close();
});

test("a disk that fills up while the provider answers: the rotated token is stored all the same (STANDARDS 19)", async () => {
  await using scene = await expiredScene(800);
  using disk = mountSmallDisk(join(scene.sandbox.folder, "disk"), 900);
  await moveHome(scene.sandbox, disk.folder);
  const asked = scene.sandbox.run(["token", "local"]);
  await until(() => scene.arrived() === 1);
  disk.fill();
  const outcome = await asked;
  await commonToken(scene, [outcome]);
  expect(await readToken(scene.sandbox, ["local"])).toBe(outcome.stdout.trim());
  disk.empty();
  expect((await scene.sandbox.run(["refresh", "local"])).status).toBe(0);
});

/** Moves the vault and key of a home to another folder. */
async function moveVault({ paths }: Home, folder: string): Promise<void> {
  copyFileSync(paths.vaultFile, join(folder, "vault.db"));
  copyFileSync(paths.keyFile, join(folder, "key"));
}
