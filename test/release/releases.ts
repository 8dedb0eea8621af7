/**
 * Releases to install and upgrade to: real ones of this checkout, and small ones whose program only tells its version.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "../../src/release/assemble.ts";
import { buildProgram, type Origin } from "../../src/release/program.ts";
import { makeKeyPair, readReleaseKey, type ReleaseKey } from "../../src/release/release_key.ts";
import { describeMaterials } from "../../src/release/sbom.ts";
import { readSourceFacts } from "../../src/release/source_facts.ts";
import { output } from "../../src/release/tool.ts";
import { type Platform, PLATFORMS } from "../../src/upgrade/platform.ts";

/** The checkout. */
export const ROOT = join(import.meta.dir, "../..");

/** A key pair of this run. */
export const TEST_KEY: ReleaseKey = readReleaseKey(makeKeyPair().privateKey, "");

/** How a release differs from a plain one. */
export interface ReleaseOptions {
  readonly version?: string;
  /** Where it says that releases are. */
  readonly url?: string;
  /** The key that signs it. */
  readonly signer?: ReleaseKey;
  /** The small program, instead of one that prints its version. */
  readonly program?: string;
}

/** A release on disk. */
export interface MadeRelease extends AsyncDisposable {
  readonly version: string;
  /** Its files, flat. */
  readonly folder: string;
  /** The program for this machine. */
  readonly program: string;
  readonly origin: Origin;
}

/** The platform of that name. */
export function platformNamed(name: string): Platform {
  const found = PLATFORMS.find((platform) => platform.name === name);
  if (found === undefined) throw new TypeError(`There is no platform ${name}`);
  return found;
}

/** The one of linux-x64's two builds that the installer chooses on this machine. */
export async function hostPlatform(): Promise<Platform> {
  const processor = await Bun.file("/proc/cpuinfo").text();
  return platformNamed(/\savx2\s/.test(processor) ? "linux-x64" : "linux-x64-baseline");
}

/** A release of this checkout for this machine, built and signed as a real one. */
export async function realRelease(options: ReleaseOptions = {}): Promise<MadeRelease> {
  return await make(options, async (origin, folder) => {
    const platform = await hostPlatform();
    const path = await buildProgram(platform, origin, { root: ROOT, folder: join(folder, "program") });
    return [{ platform, path }];
  });
}

/** A release whose program is a shell script that prints its version: quick to make, pack and install. */
export async function smallRelease(options: ReleaseOptions = {}): Promise<MadeRelease> {
  return await make(options, async ({ facts }, folder) => {
    const path = join(folder, "program", "keyfob");
    await Bun.write(path, options.program ?? `#!/bin/sh\necho ${facts.version}\n`);
    const linux = PLATFORMS.filter(({ name }) => name.startsWith("linux-"));
    return linux.map((platform) => ({ platform, path }));
  });
}

async function make(
  { version = "0.1.0", url = "", signer = TEST_KEY }: ReleaseOptions,
  build: (origin: Origin, folder: string) => Promise<{ platform: Platform; path: string }[]>,
): Promise<MadeRelease> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-made-"));
  await mkdir(join(folder, "program"));
  const facts = { ...(await readSourceFacts(ROOT, process.env)), version };
  const origin = { facts, publicKey: TEST_KEY.publicKey, url };
  const programs = await build(origin, folder);
  await assemble(join(folder, "release"), {
    root: ROOT,
    origin,
    key: signer,
    programs,
    manual: await output([process.execPath, "src/main.ts", "manual"], { folder: ROOT }),
    materials: await describeMaterials(ROOT, facts),
  });
  return {
    version,
    folder: join(folder, "release"),
    program: programs[0]?.path ?? "",
    origin,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
