/**
 * Where keyfob keeps its files on each platform.
 *
 * @module
 */
import { join, normalize, posix, resolve, win32 } from "node:path";
import { dataFolder, type DataFolderFacts } from "./data_folder.ts";
import { ConfigurationError } from "./errors.ts";

/** Folders and files of one installation; absolute paths. */
export interface Paths {
  /** Holds `providers.json`, `providers.d/` and `config.json`. */
  readonly configFolder: string;
  /** Holds `vault.db` and `key`. */
  readonly dataFolder: string;
  /** The user registry; `KEYFOB_REGISTRY` replaces it. */
  readonly registryFile: string;
  /** Further user registries, one provider or more a file; absent while `KEYFOB_REGISTRY` is set. */
  readonly registryFolder: string | undefined;
  readonly configFile: string;
  readonly vaultFile: string;
  readonly keyFile: string;
}

/** What the paths depend on. */
export type PathFacts = DataFolderFacts;

/**
 * The folders of PRODUCT.md, "Where things live". Relative XDG paths are ignored, as the XDG specification says; a
 * relative `KEYFOB_REGISTRY` is a file in the current folder, as it would be for any tool.
 *
 * @throws {ConfigurationError} `relative_home`
 */
export function resolvePaths(facts: PathFacts): Paths {
  const { environment } = facts;
  const [configFolder, ownData] = folders(facts);
  const replaced = environment["KEYFOB_REGISTRY"];
  return {
    configFolder,
    dataFolder: ownData,
    registryFile: replaced ? resolve(replaced) : join(configFolder, "providers.json"),
    registryFolder: replaced ? undefined : join(configFolder, "providers.d"),
    configFile: join(configFolder, "config.json"),
    vaultFile: join(ownData, "vault.db"),
    keyFile: join(ownData, "key"),
  };
}

/** The home folder is asked for only where it is needed: not everybody has one. */
function folders(facts: PathFacts): [config: string, data: string] {
  const { environment, platform } = facts;
  const own = environment["KEYFOB_HOME"];
  if (own) {
    refuseRelativeHome(own, facts);
    return [own, own];
  }
  if (platform === "darwin") {
    const folder = normalize(dataFolder(facts));
    return [folder, folder];
  }
  if (platform === "win32") {
    return [
      join(environment["APPDATA"] ?? join(facts.homeFolder, "AppData", "Roaming"), "keyfob"),
      join(environment["LOCALAPPDATA"] ?? join(facts.homeFolder, "AppData", "Local"), "keyfob"),
    ];
  }
  return [
    join(absolute(environment["XDG_CONFIG_HOME"]) ?? join(facts.homeFolder, ".config"), "keyfob"),
    normalize(dataFolder(facts)),
  ];
}

/** Logins would lie in another folder with every `cd`. */
function refuseRelativeHome(folder: string, facts: PathFacts): void {
  if ((facts.platform === "win32" ? win32 : posix).isAbsolute(folder)) return;
  const meant = /^~(?=\/|$)/.test(folder) ? join(facts.homeFolder, folder.slice(1)) : resolve(folder);
  throw new ConfigurationError(`Cannot use KEYFOB_HOME "${folder}": it is not an absolute path`, {
    code: "relative_home",
    hint: `KEYFOB_HOME='${meant}'`,
  });
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}
