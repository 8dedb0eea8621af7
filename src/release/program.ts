/**
 * Builds the program for one platform.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Platform } from "../upgrade/platform.ts";
import metadata from "../../package.json" with { type: "json" };
import type { SourceFacts } from "./source_facts.ts";
import { output } from "./tool.ts";

/** What is built into every program of one release. */
export interface Origin {
  readonly facts: SourceFacts;
  /** Ed25519 public key, SPKI DER in base64. */
  readonly publicKey: string;
  /** Where this and later releases are. */
  readonly url: string;
}

/**
 * Builds the program of the checkout in `root` into `folder` and returns its path. The flags are those of the
 * `compile` script, so that a release differs from a development build in its constants alone. The name of the
 * outfile is part of the program's bytes, its folder is not.
 *
 * @throws {Failed} `tool_failed`
 */
export async function buildProgram(
  platform: Platform,
  origin: Origin,
  { root, folder }: { root: string; folder: string },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, platform.program);
  const command = metadata.scripts.compile.split(" ");
  const flags = command.slice(0, command.indexOf("--outfile"));
  const defines = Object.entries(constants(platform, origin)).map(
    ([name, value]) => `--define=${name}=${JSON.stringify(value)}`,
  );
  await output([...flags, `--target=${platform.target}`, ...defines, "--outfile", outfile], { folder: root });
  return outfile;
}

function constants(platform: Platform, { facts, publicKey, url }: Origin): Record<string, string> {
  return {
    BUILD_VERSION: facts.version,
    BUILD_COMMIT: facts.commit,
    BUILD_DATE: facts.date,
    BUILD_PLATFORM: platform.name,
    BUILD_RELEASE_KEY: publicKey,
    BUILD_RELEASE_URL: url,
  };
}
