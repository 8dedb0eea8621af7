/**
 * Where keyfob keeps its files on each platform.
 *
 * @module
 */
import { join } from "node:path";

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
export interface PathFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeFolder: string;
}

/** The folders of PRODUCT.md, "Where things live". Relative XDG paths are ignored, as the XDG specification says. */
export function resolvePaths(facts: PathFacts): Paths {
  const { environment } = facts;
  const [configFolder, dataFolder] = folders(facts);
  const replaced = environment["KEYFOB_REGISTRY"];
  return {
    configFolder,
    dataFolder,
    registryFile: replaced ? replaced : join(configFolder, "providers.json"),
    registryFolder: replaced ? undefined : join(configFolder, "providers.d"),
    configFile: join(configFolder, "config.json"),
    vaultFile: join(dataFolder, "vault.db"),
    keyFile: join(dataFolder, "key"),
  };
}

function folders({ environment, platform, homeFolder }: PathFacts): [config: string, data: string] {
  const own = environment["KEYFOB_HOME"];
  if (own) return [own, own];
  if (platform === "darwin") {
    const folder = join(homeFolder, "Library", "Application Support", "keyfob");
    return [folder, folder];
  }
  if (platform === "win32") {
    return [
      join(environment["APPDATA"] ?? join(homeFolder, "AppData", "Roaming"), "keyfob"),
      join(environment["LOCALAPPDATA"] ?? join(homeFolder, "AppData", "Local"), "keyfob"),
    ];
  }
  return [
    join(absolute(environment["XDG_CONFIG_HOME"]) ?? join(homeFolder, ".config"), "keyfob"),
    join(absolute(environment["XDG_DATA_HOME"]) ?? join(homeFolder, ".local", "share"), "keyfob"),
  ];
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}
