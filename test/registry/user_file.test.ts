import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Paths, resolvePaths } from "../../src/paths.ts";
import { saveFields } from "../../src/registry/user_file.ts";

let home: string;
let paths: Paths;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "keyfob-user-file-"));
  paths = resolvePaths({
    environment: { KEYFOB_HOME: join(home, "keyfob") },
    platform: "linux",
    homeFolder: home,
  });
});

afterEach(() => rm(home, { recursive: true }));

async function read(): Promise<unknown> {
  return JSON.parse(await readFile(paths.registryFile, "utf8"));
}

describe("saveFields()", () => {
  test("makes folder, file and schema, all private", async () => {
    const { file, narrowed } = await saveFields(paths, "acme", { client_id: "abc" });
    expect({ file, narrowed }).toEqual({ file: paths.registryFile, narrowed: false });
    expect(await read()).toEqual({
      $schema: "./providers.schema.json",
      providers: { acme: { client_id: "abc" } },
    });
    expect((await readdir(paths.configFolder)).sort()).toEqual(["providers.json", "providers.schema.json"]);
    for (const path of [paths.registryFile, join(paths.configFolder, "providers.schema.json")]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect((await stat(paths.configFolder)).mode & 0o777).toBe(0o700);
  });

  test("sets fields of an entry and keeps its others", async () => {
    await saveFields(paths, "acme", { client_id: "abc", scopes: ["a"] });
    await saveFields(paths, "acme", { client_id: "def", name: "Acme" });
    await saveFields(paths, "zenith", { client_id: "xyz" });
    expect(await read()).toMatchObject({
      providers: { acme: { client_id: "def", scopes: ["a"], name: "Acme" }, zenith: { client_id: "xyz" } },
    });
  });

  test("writes through a link, as people who keep their settings elsewhere have one", async () => {
    const real = join(home, "dotfiles.json");
    await writeFile(real, '{"providers":{}}', { mode: 0o600 });
    await mkdir(paths.configFolder, { mode: 0o700 });
    await symlink(real, paths.registryFile);
    await saveFields(paths, "acme", { client_id: "abc" });
    expect(await readlink(paths.registryFile)).toBe(real);
    expect(JSON.parse(await readFile(real, "utf8"))).toEqual({ providers: { acme: { client_id: "abc" } } });
  });

  test("makes a folder private that others could read, and says so", async () => {
    await mkdir(paths.configFolder);
    await chmod(paths.configFolder, 0o755);
    expect(await saveFields(paths, "acme", { client_id: "abc" })).toMatchObject({ narrowed: true });
    expect((await stat(paths.configFolder)).mode & 0o777).toBe(0o700);
  });

  test("leaves the folder of a file that KEYFOB_REGISTRY names as it is, without a schema", async () => {
    const file = join(home, "elsewhere", "mine.json");
    await mkdir(join(home, "elsewhere"));
    await chmod(join(home, "elsewhere"), 0o755);
    const named = resolvePaths({
      environment: { KEYFOB_REGISTRY: file },
      platform: "linux",
      homeFolder: home,
    });
    await saveFields(named, "acme", { client_id: "abc" });
    expect((await stat(join(home, "elsewhere"))).mode & 0o777).toBe(0o755);
    expect(await readdir(join(home, "elsewhere"))).toEqual(["mine.json"]);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ providers: { acme: { client_id: "abc" } } });
  });

  test("says what could not be written", async () => {
    await writeFile(join(home, "keyfob"), "a file where the folder should be");
    await expect(saveFields(paths, "acme", { client_id: "abc" })).rejects.toMatchObject({
      code: "not_written",
      exitStatus: 1,
    });
  });

  test.each([
    ["others may write to it", "{}", 0o622, "writable_by_others"],
    ["it is broken", "{", 0o600, "unreadable_registry"],
    ["it is too large", " ".repeat(9_000_000), 0o600, "unreadable_registry"],
  ])("changes nothing where %s", async (_, text, mode, code) => {
    await mkdir(paths.configFolder, { mode: 0o700 });
    await writeFile(paths.registryFile, text);
    await chmod(paths.registryFile, mode);
    await expect(saveFields(paths, "acme", { client_id: "abc" })).rejects.toMatchObject({
      code,
      exitStatus: 2,
    });
    expect(await readFile(paths.registryFile, "utf8")).toBe(text);
    expect(await readdir(paths.configFolder)).toEqual(["providers.json"]);
  });
});
