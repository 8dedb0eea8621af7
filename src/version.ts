/**
 * Which keyfob this is.
 *
 * @module
 */
import metadata from "../package.json" with { type: "json" };

declare const BUILD_VERSION: string | undefined;
declare const BUILD_COMMIT: string | undefined;
declare const BUILD_DATE: string | undefined;
declare const BUILD_PLATFORM: string | undefined;

/** The released version. */
export const VERSION: string = typeof BUILD_VERSION === "string" ? BUILD_VERSION : metadata.version;

/** What a release knows of itself; null in a build from a checkout. */
export interface BuildFacts {
  readonly version: string;
  /** The commit it was built from; ends in `-dirty` where files differed from it. */
  readonly commit: string | null;
  /** When that commit was made, RFC 3339; not when it was built, so that two builds are equal. */
  readonly date: string | null;
  /** Name of the release's platform, as in `linux-x64-musl`. */
  readonly platform: string | null;
}

/** Read from constants that `bun run release` fills in. */
export const BUILD: BuildFacts = {
  version: VERSION,
  commit: typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : null,
  date: typeof BUILD_DATE === "string" ? BUILD_DATE : null,
  platform: typeof BUILD_PLATFORM === "string" ? BUILD_PLATFORM : null,
};
