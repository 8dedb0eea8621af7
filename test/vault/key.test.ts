/**
 * Where the key comes from, and what happens when it does not.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { newKey, parseKey } from "../../src/vault/key_bytes.ts";
import { systemKeychain } from "../../src/vault/keychain.ts";
import { GOOGLE, Home, sessionWith } from "./fixtures.ts";
import { MemoryKeychain } from "./memory_keychain.ts";

test("parseKey() reads raw bytes, base64, base64url and hex, and nothing else", () => {
  const key = newKey();
  const texts = [key.toBase64(), key.toBase64({ alphabet: "base64url" }), key.toHex(), ` ${key.toHex()}\n`];
  for (const text of texts) expect(parseKey(new TextEncoder().encode(text))).toEqual(key);
  expect(parseKey(key)).toEqual(key);
  for (const text of ["", "short", "x".repeat(31), "x".repeat(33), `${key.toHex()}00`]) {
    expect(parseKey(new TextEncoder().encode(text))).toBeUndefined();
  }
});

test("openVault() without a keychain keeps its key in a 0600 file and says so", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toBe(`key file "${home.paths.keyFile}"`);
  expect(statSync(home.paths.keyFile).mode & 0o777).toBe(0o600);
  expect(home.notices).toEqual([]);
});

test.each(["raw", "base64", "hex"] as const)("openVault() takes KEYFOB_KEY_FILE as %s", async (form) => {
  using home = new Home();
  const key = newKey();
  const file = join(home.folder, "given");
  writeFileSync(file, form === "raw" ? key : form === "hex" ? key.toHex() : key.toBase64(), { mode: 0o600 });
  const vault = await home.open({ environment: { KEYFOB_KEY_FILE: file } });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toBe(`key file from KEYFOB_KEY_FILE "${file}"`);
  expect(existsSync(home.paths.keyFile)).toBe(false);
});

test("openVault() takes a relative KEYFOB_KEY_FILE from the current folder, and records where it is", async () => {
  using home = new Home();
  const file = join(home.folder, "given");
  writeFileSync(file, newKey().toHex(), { mode: 0o600 });
  const vault = await home.open({ environment: { KEYFOB_KEY_FILE: relative(process.cwd(), file) } });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toBe(`key file from KEYFOB_KEY_FILE "${file}"`);
  await expect(home.open()).rejects.toMatchObject({ hint: `KEYFOB_KEY_FILE='${file}'` });
});

test("openVault() stops at a bad or missing KEYFOB_KEY_FILE and never takes the next source", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  const bad = join(home.folder, "bad");
  writeFileSync(bad, "not a key", { mode: 0o600 });
  const given = (file: string) => home.open({ environment: { KEYFOB_KEY_FILE: file } });
  await expect(given(bad)).rejects.toMatchObject({ code: "bad_key", exitStatus: 2 });
  await expect(given("/dev/zero")).rejects.toMatchObject({ code: "bad_key", exitStatus: 2 });
  await expect(given(join(home.folder, "absent"))).rejects.toMatchObject({
    code: "key_unreadable",
    exitStatus: 2,
  });
  using fresh = new Home();
  const empty = await fresh.open({ environment: { KEYFOB_KEY_FILE: bad } });
  await expect(empty.save(GOOGLE, sessionWith(60))).rejects.toMatchObject({ code: "bad_key" });
  expect(existsSync(fresh.paths.vaultFile)).toBe(false);
});

test("openVault() with another key names the source the store expects", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  const file = join(home.folder, "other");
  writeFileSync(file, newKey(), { mode: 0o600 });
  const failure = home.open({ environment: { KEYFOB_KEY_FILE: file } });
  await expect(failure).rejects.toMatchObject({ code: "wrong_key", exitStatus: 2 });
  await expect(failure).rejects.toThrow(`it was sealed with the key file "${home.paths.keyFile}"`);
});

test("openVault() never makes a new key for a store that has one", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  rmSync(home.paths.keyFile);
  await expect(home.open()).rejects.toMatchObject({ code: "key_unreadable", exitStatus: 2 });
  expect(existsSync(home.paths.keyFile)).toBe(false);
});

test("openVault() takes a systemd credential, and stops where it is no longer given", async () => {
  using home = new Home();
  const folder = join(home.folder, "credentials");
  mkdirSync(folder);
  writeFileSync(join(folder, "keyfob.key"), newKey().toHex());
  const environment = { CREDENTIALS_DIRECTORY: folder };
  const vault = await home.open({ environment });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toStartWith("systemd credential");
  await vault.close();
  expect((await home.open({ environment })).keySource).toStartWith("systemd credential");
  await expect(home.open()).rejects.toMatchObject({ code: "key_missing", exitStatus: 2 });
});

test("openVault() passes over a credentials folder that is none", async () => {
  using home = new Home();
  const file = join(home.folder, "file");
  writeFileSync(file, "");
  const vault = await home.open({ environment: { CREDENTIALS_DIRECTORY: file } });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).not.toStartWith("systemd credential");
  await vault.close();
});

test("openVault() passes over a credentials folder without a key of ours", async () => {
  using home = new Home();
  const vault = await home.open({ environment: { CREDENTIALS_DIRECTORY: home.folder } });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toStartWith("key file");
});

test("openVault() keeps the key in the keychain where there is one, and no key file", async () => {
  using home = new Home();
  const keychain = new MemoryKeychain();
  const vault = await home.open({ keychain });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toStartWith("OS keychain");
  expect(existsSync(home.paths.keyFile)).toBe(false);
  await vault.close();
  expect(await (await home.open({ keychain })).list()).toHaveLength(1);
});

test("openVault() stops when the keychain that held the key gives nothing now, and makes no new key", async () => {
  using home = new Home();
  const keychain = new MemoryKeychain();
  const vault = await home.open({ keychain });
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  keychain.locked = true;
  await expect(home.open({ keychain })).rejects.toMatchObject({ code: "key_missing", exitStatus: 2 });
  await expect(home.open()).rejects.toMatchObject({ code: "key_missing", exitStatus: 2 });
  expect(existsSync(home.paths.keyFile)).toBe(false);
});

test("openVault() falls back to the key file, with a notice, where the keychain cannot be written", async () => {
  using home = new Home();
  const keychain = new MemoryKeychain();
  keychain.locked = true;
  const vault = await home.open({ keychain });
  await vault.save(GOOGLE, sessionWith(60));
  expect(vault.keySource).toStartWith("key file");
  expect(home.notices.join()).toContain("keychain cannot be used");
});

test("openVault() does not ask the keychain where the store's key is a file", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  const keychain = new MemoryKeychain();
  await home.open({ keychain });
  expect(keychain.reads).toBe(0);
});

test("systemKeychain() is none on a Linux without a D-Bus session", () => {
  expect(systemKeychain({}, "linux")).toBeUndefined();
  expect(systemKeychain({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" }, "linux")).toBeDefined();
  expect(systemKeychain({}, "darwin")).toBeDefined();
});

test("openVault() takes the permissions of others from its files, with a notice", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.close();
  const wide: [string, number][] = [
    [home.paths.dataFolder, 0o755],
    [home.paths.vaultFile, 0o644],
    [home.paths.keyFile, 0o640],
  ];
  for (const [path, mode] of wide) chmodSync(path, mode);
  await (await home.open()).close();
  for (const [path] of wide) {
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(home.notices.join("\n")).toContain(`"${path}" could be read by other users`);
  }
});

test("openVault() refuses a folder that belongs to everybody and leaves its mode alone", async () => {
  using home = new Home();
  mkdirSync(home.paths.dataFolder);
  chmodSync(home.paths.dataFolder, 0o1777);
  const vault = await home.open();
  await expect(vault.save(GOOGLE, sessionWith(60))).rejects.toMatchObject({
    code: "shared_folder",
    exitStatus: 2,
  });
  expect(statSync(home.paths.dataFolder).mode & 0o7777).toBe(0o1777);
});

test("a key file that stands already is used for a new store, not replaced", async () => {
  using home = new Home();
  mkdirSync(home.paths.dataFolder, { mode: 0o700 });
  const text = newKey().toBase64();
  writeFileSync(home.paths.keyFile, text, { mode: 0o600 });
  await (await home.open()).save(GOOGLE, sessionWith(60));
  expect(readFileSync(home.paths.keyFile, "utf8")).toBe(text);
});
