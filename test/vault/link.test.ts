/**
 * A store whose name is a symbolic link: it works as any other, and where the link leads nothing is moved.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync } from "node:fs";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asides, homeWithLogins } from "./broken_stores.ts";
import { GOOGLE, type Home, sessionWith, WORK } from "./fixtures.ts";
import { fresh, renewed, Script } from "./script.ts";

/** A home with two logins whose store is in another folder, with a link in its place. */
async function linkedHome(): Promise<Home & { readonly elsewhere: string }> {
  const home = await homeWithLogins();
  const elsewhere = join(home.folder, "elsewhere");
  mkdirSync(elsewhere, { mode: 0o700 });
  const target = join(elsewhere, "logins.db");
  renameSync(home.paths.vaultFile, target);
  rmSync(`${home.paths.vaultFile}.reserve`, { force: true });
  symlinkSync(target, home.paths.vaultFile);
  return Object.assign(home, { elsewhere });
}

test("what is saved and refreshed goes into the file behind the link, and all that belongs to it lies beside that", async () => {
  using home = await linkedHome();
  const vault = await home.open();
  await vault.makeReady();
  await vault.save({ ...GOOGLE, label: "new" }, sessionWith(60));
  const script = new Script(renewed());
  expect((await fresh(vault, script, { force: true })).account.session.tokens.accessToken).toBe("access-2");
  expect(readdirSync(home.elsewhere).toSorted()).toEqual([
    "logins.db",
    "logins.db-shm",
    "logins.db-wal",
    "logins.db.reserve",
  ]);
  await vault.close();
  expect(readdirSync(home.paths.dataFolder).toSorted()).toEqual(["key", "vault.db"]);
  expect(readlinkSync(home.paths.vaultFile)).toBe(join(home.elsewhere, "logins.db"));
  const again = await home.open();
  expect(await again.list()).toHaveLength(3);
  await again.close();
});

test("file, log and shared memory behind the link are taken from other users", async () => {
  using home = await linkedHome();
  const files = ["logins.db", "logins.db-wal", "logins.db-shm"].map((name) => join(home.elsewhere, name));
  const writer = await home.open();
  await writer.save(GOOGLE, sessionWith(60));
  for (const file of files) chmodSync(file, 0o644);
  const vault = await home.open();
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  await Promise.all([writer.close(), vault.close()]);
});

test("a link that leads to nothing is said so, and neither taken for no vault nor written through", async () => {
  using home = await linkedHome();
  renameSync(join(home.elsewhere, "logins.db"), join(home.folder, "away.db"));
  await expect(home.open()).rejects.toMatchObject({
    code: "store_link_broken",
    exitStatus: 2,
    message: expect.stringContaining(
      `it is a link to "${join(home.elsewhere, "logins.db")}", where nothing is`,
    ),
  });
  expect(readdirSync(home.elsewhere)).toEqual([]);
});

test("damage behind a link is told with a way that works: the file goes into the place of the link, and a login mends it", async () => {
  using home = await linkedHome();
  const target = join(home.elsewhere, "logins.db");
  writeFileSync(target, readFileSync(target).subarray(0, 50));
  const vault = await home.open();
  await expect(vault.makeReady()).rejects.toMatchObject({
    code: "store_corrupt",
    message: expect.stringContaining(`"${home.paths.vaultFile}", a link to "${target}"`),
    hint: expect.stringContaining("put that file in the place of the link and log in again"),
  });
  expect([readFileSync(target).length, asides(home)]).toEqual([50, []]);
  renameSync(target, home.paths.vaultFile);
  await vault.makeReady();
  await vault.save(WORK, sessionWith(60));
  expect(asides(home)).toHaveLength(1);
  expect(await vault.list()).toHaveLength(1);
  await vault.close();
});
