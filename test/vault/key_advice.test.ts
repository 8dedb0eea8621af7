/**
 * What to do about a key that is missing, is none, or is another one: the advice works, and loses nothing.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigurationError } from "../../src/errors.ts";
import { adviceForVault } from "../../src/vault/key_advice.ts";
import { newKey } from "../../src/vault/key_bytes.ts";
import { GOOGLE, Home, sessionWith } from "./fixtures.ts";
import { MemoryKeychain } from "./memory_keychain.ts";

describe("a key that does not open the vault", () => {
  async function sealed(home: Home, environment: Record<string, string> = {}): Promise<void> {
    const vault = await home.open({ environment });
    await vault.save(GOOGLE, sessionWith(60));
    await vault.close();
  }

  const junk = (path: string): void => writeFileSync(path, "junk", { mode: 0o600 });
  const other = (path: string): void => writeFileSync(path, newKey().toHex(), { mode: 0o600 });

  test.each([
    ["is missing", (path: string) => rmSync(path), "key_unreadable", "there is no such file"],
    ["holds no key", junk, "bad_key", "it holds no key"],
    ["is another one", other, "wrong_key", "does not fit it; it holds another key than"],
  ])("%s: a backup, or a way to start over that loses nothing", async (_what, spoil, code, why) => {
    using home = new Home();
    await sealed(home);
    writeFileSync(`${home.paths.vaultFile}-wal`, "");
    const before = readFileSync(home.paths.vaultFile);
    spoil(home.paths.keyFile);
    const failure = (await home.open().catch((thrown: unknown) => thrown)) as ConfigurationError;
    const { message, hint = "" } = failure;
    expect({ code: failure.code, status: failure.exitStatus }).toEqual({ code, status: 2 });
    expect(message).toContain(why);
    // Each path once.
    expect(message.split(home.paths.keyFile)).toHaveLength(2);
    expect(hint).toStartWith("put the right key there from a backup. ");
    expect(hint).not.toContain("openssl");
    const command = /log in: (mkdir .*)$/.exec(hint)?.[1] ?? "";
    expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
    const moved = join(home.paths.dataFolder, "old");
    expect(readFileSync(join(moved, "vault.db"))).toEqual(before);
    expect(existsSync(`${home.paths.vaultFile}-wal`)).toBe(false);
    expect(existsSync(join(moved, "key"))).toBe(code === "bad_key");
    await sealed(home);
    // What was moved once is not overwritten.
    expect(Bun.spawnSync(["sh", "-c", command], { stderr: "ignore" }).exitCode).not.toBe(0);
    expect(readFileSync(join(moved, "vault.db"))).toEqual(before);
    // The second time there is another way.
    spoil(home.paths.keyFile);
    const again = (await home.open().catch((thrown: unknown) => thrown)) as ConfigurationError;
    const next = /log in: (mkdir .*)$/.exec(again.hint ?? "")?.[1] ?? "";
    expect(Bun.spawnSync(["sh", "-c", next]).exitCode).toBe(0);
    expect(existsSync(join(`${moved}-2`, "vault.db"))).toBe(true);
    expect(readFileSync(join(moved, "vault.db"))).toEqual(before);
  });

  test.each([
    ["missing", "key_unreadable"],
    ["junk", "bad_key"],
    ["other", "wrong_key"],
  ])("because KEYFOB_KEY_FILE names one that is %s, beside the vault's own: unset it", async (name, code) => {
    using home = new Home();
    await sealed(home);
    junk(join(home.folder, "junk"));
    other(join(home.folder, "other"));
    const environment = { KEYFOB_KEY_FILE: join(home.folder, name) };
    await expect(home.open({ environment })).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/^unset KEYFOB_KEY_FILE/),
    });
  });

  test.each([
    ["missing", "key_unreadable"],
    ["junk", "bad_key"],
    ["other", "wrong_key"],
  ])(
    "because KEYFOB_KEY_FILE names one that is %s, where another was named: that one",
    async (name, code) => {
      using home = new Home();
      const right = join(home.folder, "right");
      other(right);
      await sealed(home, { KEYFOB_KEY_FILE: right });
      junk(join(home.folder, "junk"));
      other(join(home.folder, "other"));
      const environment = { KEYFOB_KEY_FILE: join(home.folder, name) };
      const hint = `KEYFOB_KEY_FILE='${right}'`;
      await expect(home.open({ environment })).rejects.toMatchObject({ code, hint });
      junk(right);
      await expect(home.open({ environment: { KEYFOB_KEY_FILE: right } })).rejects.toMatchObject({
        code: "bad_key",
        hint: expect.stringContaining("start over"),
      });
    },
  );

  test("because KEYFOB_KEY_FILE names the vault's own file, which holds another: its path stands there once", async () => {
    using home = new Home();
    await sealed(home);
    other(home.paths.keyFile);
    const environment = { KEYFOB_KEY_FILE: home.paths.keyFile };
    const failure = (await home
      .open({ environment })
      .catch((thrown: unknown) => thrown)) as ConfigurationError;
    expect(failure.code).toBe("wrong_key");
    expect(failure.message.split(home.paths.keyFile)).toHaveLength(2);
    expect(failure.hint).toContain("from a backup");
  });

  test("because a folder stands in its place: what to do so that it can be read", async () => {
    using home = new Home();
    await sealed(home);
    rmSync(home.paths.keyFile);
    mkdirSync(home.paths.keyFile);
    await expect(home.open()).rejects.toMatchObject({
      code: "key_unreadable",
      message: expect.stringContaining("it is a folder"),
      hint: expect.stringContaining(`ls -ld '${home.paths.dataFolder}' '${home.paths.keyFile}'`),
    });
  });

  test("because the credential holds none, or is not given", async () => {
    using home = new Home();
    const folder = join(home.folder, "credentials");
    mkdirSync(folder);
    const credential = join(folder, "keyfob.key");
    other(credential);
    const environment = { CREDENTIALS_DIRECTORY: folder };
    await sealed(home, environment);
    await expect(home.open()).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("run it in the service that has the credential"),
    });
    junk(credential);
    await expect(home.open({ environment })).rejects.toMatchObject({
      code: "bad_key",
      hint: expect.stringContaining('give the service the right key as its credential "keyfob.key"'),
    });
  });

  test("because the keychain's entry is gone, or holds none", async () => {
    using home = new Home();
    const keychain = new MemoryKeychain();
    const vault = await home.open({ keychain });
    await vault.save(GOOGLE, sessionWith(60));
    const entry = /entry "(.*)"/.exec(vault.keySource)?.[1] ?? "";
    await vault.close();
    await keychain.write(entry, "junk");
    await expect(home.open({ keychain })).rejects.toMatchObject({
      code: "bad_key",
      hint: expect.stringMatching(/^put the entry back from a backup of the keychain\. .*mv '/),
    });
    await keychain.remove(entry);
    await expect(home.open({ keychain })).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringMatching(/^unlock the keychain .* Where its entry is gone: .*mv '/),
    });
  });

  test("in a database: another database, as nothing there can be moved", () => {
    using home = new Home();
    const source = { kind: "file", place: home.paths.keyFile } as const;
    const environment = { KEYFOB_STORE: "postgres://db/keyfob" };
    const hint = adviceForVault({ paths: home.paths, environment }, source)("absent", source);
    expect(hint).toEndWith("to start over, let KEYFOB_STORE name an empty database");
  });
});

describe("where there is no vault yet, a key may be made:", () => {
  async function adviceFor(home: Home, environment: Record<string, string>): Promise<string> {
    const vault = await home.open({ environment });
    const failure: unknown = await vault.save(GOOGLE, sessionWith(60)).catch((thrown: unknown) => thrown);
    expect(existsSync(home.paths.vaultFile)).toBe(false);
    return (failure as ConfigurationError).hint ?? "";
  }

  test("KEYFOB_KEY_FILE names none: a command that makes one, and it works", async () => {
    using home = new Home();
    const environment = { KEYFOB_KEY_FILE: join(home.folder, "given") };
    const hint = await adviceFor(home, environment);
    const command = /^make a key: (\(.*\)), or unset KEYFOB_KEY_FILE$/.exec(hint)?.[1] ?? "";
    expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
    expect(statSync(environment.KEYFOB_KEY_FILE).mode & 0o777).toBe(0o600);
    await (await home.open({ environment })).save(GOOGLE, sessionWith(60));
  });

  test("KEYFOB_KEY_FILE names something else: it is not written over", async () => {
    using home = new Home();
    const file = join(home.folder, "id_ed25519");
    writeFileSync(file, "something else", { mode: 0o600 });
    const hint = await adviceFor(home, { KEYFOB_KEY_FILE: file });
    expect(hint).toStartWith("name a file that holds a key");
    expect(hint).not.toContain(">");
  });

  test("something else stands where the key goes: it is moved away", async () => {
    using home = new Home();
    mkdirSync(home.paths.dataFolder, { mode: 0o700, recursive: true });
    writeFileSync(home.paths.keyFile, "junk", { mode: 0o600 });
    writeFileSync(`${home.paths.keyFile}.old`, "moved before", { mode: 0o600 });
    const command = (await adviceFor(home, {})).replace(/^.*: (?=mv )/, "");
    expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
    await (await home.open()).save(GOOGLE, sessionWith(60));
    expect(readFileSync(`${home.paths.keyFile}.old`, "utf8")).toBe("moved before");
    expect(readFileSync(`${home.paths.keyFile}.old-2`, "utf8")).toBe("junk");
  });
});
