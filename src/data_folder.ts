/**
 * Where logins are kept on Linux and macOS.
 *
 * Text alone: a warm token asks for it, and loading `node:path` is a tenth of its time.
 *
 * @module
 */

/** What the folder depends on. */
export interface DataFolderFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Asked for only where it is needed: not everybody has one. */
  readonly homeFolder: string;
}

/** The data folder of PRODUCT.md, "Where things live". An XDG path that is relative is ignored, as its specification says. */
export function dataFolder(facts: DataFolderFacts): string {
  const { KEYFOB_HOME, XDG_DATA_HOME } = facts.environment;
  if (KEYFOB_HOME) return KEYFOB_HOME;
  if (facts.platform === "darwin") return `${facts.homeFolder}/Library/Application Support/keyfob`;
  return `${XDG_DATA_HOME?.startsWith("/") ? XDG_DATA_HOME : `${facts.homeFolder}/.local/share`}/keyfob`;
}
