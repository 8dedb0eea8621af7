/**
 * The npm packages of a release: one that carries a launcher, one for each platform that carries its program.
 *
 * @module
 */
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import metadata from "../../package.json" with { type: "json" };
import type { Platform } from "../upgrade/platform.ts";

/** A program that was built. */
export interface BuiltProgram {
  readonly platform: Platform;
  readonly path: string;
}

/** What the packages are made from. */
export interface NpmSources {
  readonly version: string;
  /** The checkout. */
  readonly root: string;
  readonly programs: readonly BuiltProgram[];
}

/**
 * Writes the packages into `folder`, one folder each, and returns those. The platforms are optional dependencies:
 * npm installs the one whose `os`, `cpu` and `libc` fit, and no script runs at installation.
 */
export async function writeNpmPackages(folder: string, sources: NpmSources): Promise<string[]> {
  const packages = sources.programs.filter(({ platform }) => platform.npm !== undefined);
  const folders = await Promise.all(packages.map((program) => writePlatform(folder, sources, program)));
  return [await writeLauncher(folder, sources, packages), ...folders];
}

async function writePlatform(
  folder: string,
  sources: NpmSources,
  { platform, path }: BuiltProgram,
): Promise<string> {
  const to = join(folder, packageName(platform));
  await mkdir(join(to, "bin"), { recursive: true });
  await copyFile(path, join(to, "bin", platform.program));
  await chmod(join(to, "bin", platform.program), 0o755);
  await copyFile(join(sources.root, "LICENSE"), join(to, "LICENSE"));
  await writeJson(join(to, "package.json"), {
    name: packageName(platform),
    version: sources.version,
    description: `The program of keyfob for ${platform.name}`,
    license: metadata.license,
    ...platformFields(platform),
    files: ["bin"],
    preferUnplugged: true,
  });
  return to;
}

async function writeLauncher(
  folder: string,
  { version, root }: NpmSources,
  packages: readonly BuiltProgram[],
): Promise<string> {
  const to = join(folder, metadata.name);
  await mkdir(join(to, "bin"), { recursive: true });
  await copyFile(join(root, "src/release/npm_launcher.cjs"), join(to, "bin", "keyfob.cjs"));
  await copyFile(join(root, "LICENSE"), join(to, "LICENSE"));
  await writeJson(join(to, "package.json"), {
    name: metadata.name,
    version,
    description: metadata.description,
    license: metadata.license,
    bin: { keyfob: "bin/keyfob.cjs" },
    files: ["bin"],
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(
      packages.map(({ platform }) => [packageName(platform), version]),
    ),
  });
  return to;
}

/** As the launcher puts it together: `keyfob-linux-x64`, `keyfob-linux-x64-musl`. */
function packageName(platform: Platform): string {
  return `${metadata.name}-${platform.name}`;
}

function platformFields({ npm }: Platform): Record<string, string[]> {
  if (npm === undefined) return {};
  const { os, cpu, libc } = npm;
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Bun.write(path, `${JSON.stringify(value, null, 2)}\n`);
}
