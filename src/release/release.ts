/**
 * `bun run release`: every platform's program, archived, hashed, signed, and described for package managers.
 *
 * @module
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KeyfobError, UsageError } from "../errors.ts";
import { COMMITTED_RELEASE_KEY } from "../release_origin.ts";
import { openTerminal } from "../terminal.ts";
import { archiveName, type ReleaseFile } from "../upgrade/manifest.ts";
import { type Platform, PLATFORMS } from "../upgrade/platform.ts";
import { assemble } from "./assemble.ts";
import { type BuiltProgram, writeNpmPackages } from "./npm_packages.ts";
import { homebrewFormula, nixExpression } from "./package_managers.ts";
import { buildProgram, type Origin } from "./program.ts";
import { makeKeyPair, readReleaseKey } from "./release_key.ts";
import { describeMaterials } from "./sbom.ts";
import { refuseGrowth, type Size, sizeReport } from "./size_report.ts";
import { readSourceFacts } from "./source_facts.ts";
import { output } from "./tool.ts";

const ROOT = join(import.meta.dir, "../..");
const terminal = openTerminal();

const OPTIONS = {
  /** Platforms to build; every one where left out. */
  only: { type: "string", multiple: true },
  /** Where releases will be served from, such as https://github.com/OWNER/REPOSITORY/releases. */
  url: { type: "string", default: process.env["KEYFOB_RELEASE_URL"] ?? "" },
  /** Folder of the result. */
  out: { type: "string", default: join(ROOT, "dist") },
  /** A trial without the key; its installer and its program say that nothing can be checked. */
  unsigned: { type: "boolean", default: false },
  /** Prints a new private key and writes its public half into the source. */
  "make-key": { type: "boolean", default: false },
} as const;

try {
  const { values } = parseArgs({ options: OPTIONS, allowPositionals: false });
  await (values["make-key"] ? makeKey() : release(values));
} catch (thrown) {
  terminal.say(thrown instanceof Error ? thrown.message : "unknown failure", "bad");
  if (thrown instanceof KeyfobError && thrown.hint !== undefined) terminal.say(`  hint: ${thrown.hint}`);
  process.exitCode = 1;
}

interface ReleaseFlags {
  readonly only?: string[] | undefined;
  readonly url: string;
  readonly out: string;
  readonly unsigned: boolean;
}

async function release(flags: ReleaseFlags): Promise<void> {
  const key = flags.unsigned ? undefined : readReleaseKey(process.env["KEYFOB_RELEASE_KEY"]);
  const facts = await readSourceFacts(ROOT, process.env);
  const origin: Origin = { facts, publicKey: key?.publicKey ?? COMMITTED_RELEASE_KEY, url: flags.url };
  const programs = await buildPrograms(choosePlatforms(flags.only), origin, join(flags.out, "programs"));
  const folder = join(flags.out, "release");
  const files = await assemble(folder, {
    root: ROOT,
    origin,
    key,
    programs,
    manual: await output([process.execPath, "src/main.ts", "manual"], { folder: ROOT }),
    materials: await describeMaterials(ROOT, facts),
  });
  await writePackages(flags.out, origin, { programs, files });
  await report(programs, files, facts.version);
}

function choosePlatforms(only: readonly string[] | undefined): readonly Platform[] {
  if (only === undefined) return PLATFORMS;
  return only.map((name) => {
    const found = PLATFORMS.find((platform) => platform.name === name);
    if (found !== undefined) return found;
    throw new UsageError(`Cannot build for "${name}": it is none of the platforms`, {
      hint: PLATFORMS.map((platform) => platform.name).join(", "),
    });
  });
}

async function buildPrograms(
  platforms: readonly Platform[],
  origin: Origin,
  folder: string,
): Promise<BuiltProgram[]> {
  const built: BuiltProgram[] = [];
  for (const platform of platforms) {
    const path = await buildProgram(platform, origin, { root: ROOT, folder: join(folder, platform.name) });
    built.push({ platform, path });
    terminal.say(`built ${platform.name}`, "quiet");
  }
  return built;
}

/** Formula and expression name every platform, so a partial release has none. */
async function writePackages(
  out: string,
  origin: Origin,
  { programs, files }: { programs: readonly BuiltProgram[]; files: readonly ReleaseFile[] },
): Promise<void> {
  const { version } = origin.facts;
  await rm(join(out, "npm"), { recursive: true, force: true });
  await writeNpmPackages(join(out, "npm"), { version, root: ROOT, programs });
  if (programs.length < PLATFORMS.length) return;
  const published = { version, url: origin.url, files };
  await Bun.write(join(out, "packages", "keyfob.rb"), homebrewFormula(published));
  await Bun.write(join(out, "packages", "keyfob.nix"), nixExpression(published));
}

async function report(
  programs: readonly BuiltProgram[],
  files: readonly ReleaseFile[],
  version: string,
): Promise<void> {
  const sizes: Size[] = await Promise.all(
    programs.map(async ({ platform, path }) => ({
      platform: platform.name,
      program: (await stat(path)).size,
      archive: files.find(({ name }) => name === archiveName(version, platform.name))?.size ?? 0,
    })),
  );
  await terminal.data(sizeReport(sizes));
  refuseGrowth(sizes);
}

/** The private half goes to standard output alone, to be piped into a secret store. */
async function makeKey(): Promise<void> {
  const { privateKey, publicKey } = makeKeyPair();
  const file = join(ROOT, "src/release_origin.ts");
  const source = await Bun.file(file).text();
  const line = /^(export const COMMITTED_RELEASE_KEY: string =)\s*"[^"]*";$/m;
  if (!line.test(source)) throw new UsageError(`Cannot write the public key into "${file}"`);
  await Bun.write(file, source.replace(line, `$1\n  "${publicKey}";`));
  terminal.say(
    "The public key is in src/release_origin.ts: commit it. The private key, for KEYFOB_RELEASE_KEY:",
  );
  await terminal.data(`${privateKey}\n`);
}
