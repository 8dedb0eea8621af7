/**
 * Where files are kept on each platform.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { resolvePaths } from "../src/paths.ts";

type Environment = Readonly<Record<string, string>>;

function pathsOn(platform: NodeJS.Platform, environment: Environment = {}) {
  return resolvePaths({ platform, environment, homeFolder: "/home/alice" });
}

test("on Linux configuration and data stand apart, where the XDG specification has them", () => {
  expect(pathsOn("linux")).toEqual({
    configFolder: "/home/alice/.config/keyfob",
    dataFolder: "/home/alice/.local/share/keyfob",
    registryFile: "/home/alice/.config/keyfob/providers.json",
    registryFolder: "/home/alice/.config/keyfob/providers.d",
    configFile: "/home/alice/.config/keyfob/config.json",
    vaultFile: "/home/alice/.local/share/keyfob/vault.db",
    keyFile: "/home/alice/.local/share/keyfob/key",
  });
});

test("XDG folders are used where they are absolute, and ignored where they are not", () => {
  const absolute = pathsOn("linux", { XDG_CONFIG_HOME: "/c", XDG_DATA_HOME: "/d" });
  expect([absolute.configFolder, absolute.dataFolder]).toEqual(["/c/keyfob", "/d/keyfob"]);
  for (const odd of ["", "relative", "./x", "~/x"]) {
    const paths = pathsOn("linux", { XDG_CONFIG_HOME: odd, XDG_DATA_HOME: odd });
    expect(paths).toEqual(pathsOn("linux"));
  }
});

test("on macOS both are in one folder of the library, whatever XDG says", () => {
  const { configFolder, dataFolder } = pathsOn("darwin", { XDG_CONFIG_HOME: "/c" });
  expect(configFolder).toBe("/home/alice/Library/Application Support/keyfob");
  expect(dataFolder).toBe(configFolder);
});

describe("on Windows", () => {
  test("the registry roams and the vault does not", () => {
    const { configFolder, dataFolder } = pathsOn("win32", { APPDATA: "/roaming", LOCALAPPDATA: "/local" });
    expect([configFolder, dataFolder]).toEqual(["/roaming/keyfob", "/local/keyfob"]);
  });

  test("both are found without the variables too", () => {
    const { configFolder, dataFolder } = pathsOn("win32");
    expect([configFolder, dataFolder]).toEqual([
      "/home/alice/AppData/Roaming/keyfob",
      "/home/alice/AppData/Local/keyfob",
    ]);
  });
});

test.each(["linux", "darwin", "win32"] as const)(
  "KEYFOB_HOME puts all of it in one folder on %s",
  (platform) => {
    const environment = { KEYFOB_HOME: "/own", XDG_CONFIG_HOME: "/c", APPDATA: "/r", LOCALAPPDATA: "/l" };
    const paths = pathsOn(platform, environment);
    for (const path of Object.values(paths)) expect(path).toStartWith("/own");
    expect(paths).toMatchObject({
      vaultFile: "/own/vault.db",
      keyFile: "/own/key",
      registryFile: "/own/providers.json",
    });
  },
);

test("KEYFOB_REGISTRY replaces the user registry and its folder, and nothing else", () => {
  const { registryFile, registryFolder, ...rest } = pathsOn("linux", { KEYFOB_REGISTRY: "/r.json" });
  expect({ registryFile, registryFolder }).toEqual({ registryFile: "/r.json", registryFolder: undefined });
  const { registryFile: _file, registryFolder: _folder, ...usual } = pathsOn("linux");
  expect(rest).toEqual(usual);
});

test("empty variables count as absent", () => {
  expect(pathsOn("linux", { KEYFOB_HOME: "", KEYFOB_REGISTRY: "" })).toEqual(pathsOn("linux"));
});

test.each(["keyfob", "./keyfob", "~/keyfob", "~"])(
  "KEYFOB_HOME=%s is refused, with the path that was meant",
  (home) => {
    const meant = home.startsWith("~") ? `/home/alice${home.slice(1)}` : join(process.cwd(), "keyfob");
    expect(() => pathsOn("linux", { KEYFOB_HOME: home })).toThrow(
      expect.objectContaining({ code: "relative_home", exitStatus: 2, hint: `KEYFOB_HOME='${meant}'` }),
    );
  },
);

test("a relative KEYFOB_REGISTRY is a file in the current folder", () => {
  const { registryFile } = pathsOn("linux", { KEYFOB_REGISTRY: "mine.json" });
  expect(registryFile).toBe(join(process.cwd(), "mine.json"));
});
