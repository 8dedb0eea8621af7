/**
 * Upgrading the program: checked, in one step, only forward, and only when asked for.
 *
 * @module
 */
import { ConfigurationError, Refused } from "../errors.ts";
import type { BuildFacts } from "../version.ts";
import { fetchProgram, readNewest, type ReleaseSource } from "./newest_release.ts";
import { PLATFORMS } from "./platform.ts";
import { replaceProgram, restorePrevious } from "./program_file.ts";

/** The program that is to be upgraded. */
export interface Installed {
  /** Its file, links resolved. */
  readonly program: string;
  readonly build: BuildFacts;
}

/** What an upgrade did, or would do. */
export interface Upgraded {
  readonly from: string;
  readonly to: string;
  /** Whether the program was replaced. */
  readonly changed: boolean;
}

/** Folders of package managers, and how each upgrades. */
const MANAGED: readonly (readonly [folder: RegExp, hint: string])[] = [
  [/[\\/]node_modules[\\/]/, "npm install -g keyfob@latest"],
  [/[\\/]Cellar[\\/]/, "brew upgrade keyfob"],
  [/^\/nix\/store\//, "upgrade it with nix"],
];

/**
 * Compares with the newest release; nothing is changed.
 *
 * @throws what {@link upgrade} throws before it changes anything
 */
export async function checkForUpgrade(installed: Installed, source: ReleaseSource): Promise<Upgraded> {
  refuseUnreleased(installed, source);
  const { version } = await readNewest(source);
  return { from: installed.build.version, to: version, changed: false };
}

/**
 * Replaces the program by the newest release.
 *
 * @throws {ConfigurationError} `no_release` in a build from a clone or without a release key, `managed` where a package manager owns it
 * @throws {Refused} `bad_signature`, `bad_checksum`, or `older` where the newest release is older than this one
 */
export async function upgrade(installed: Installed, source: ReleaseSource): Promise<Upgraded> {
  const platform = refuseUnreleased(installed, source);
  refuseManaged(installed.program);
  const manifest = await readNewest(source);
  const { version: from } = installed.build;
  const order = Bun.semver.order(manifest.version, from);
  if (order === 0) return { from, to: from, changed: false };
  if (order < 0) throw older(from, manifest.version);
  const content = await fetchProgram(source, manifest, platform);
  await replaceProgram(installed.program, content, manifest.version);
  return { from, to: manifest.version, changed: true };
}

/**
 * Goes back to the version before the last upgrade, without network.
 *
 * @throws {Failed} `no_previous`
 */
export async function rollBack({ program, build }: Installed): Promise<Upgraded> {
  refuseManaged(program);
  return { from: build.version, to: await restorePrevious(program), changed: true };
}

function refuseUnreleased(
  { build, program }: Installed,
  source: ReleaseSource,
): { platform: string; program: string } {
  const platform = PLATFORMS.find(({ name }) => name === build.platform);
  if (platform !== undefined && source.url !== "" && source.publicKey !== "") {
    return { platform: platform.name, program: platform.program };
  }
  throw build.platform === null ? builtFromClone(program) : withoutOrigin();
}

/** The next step is whoever built it building it again; into the same place, where that is not the clone itself. */
function builtFromClone(program: string): ConfigurationError {
  const isInClone = /[\\/]dist[\\/][^\\/]+$/.test(program);
  return new ConfigurationError("Cannot upgrade: this keyfob was built from a clone, and knows no releases", {
    code: "no_release",
    hint: `in the clone: git pull && npm run build${isInClone ? "" : ` && install -m 755 dist/keyfob "${program}"`}`,
  });
}

function withoutOrigin(): ConfigurationError {
  return new ConfigurationError(
    "Cannot upgrade: this release has no address or no key to check the next with",
    {
      code: "no_release",
      hint: "install the next one with its own install.sh",
    },
  );
}

function refuseManaged(program: string): void {
  const manager = MANAGED.find(([folder]) => folder.test(program));
  if (manager === undefined) return;
  throw new ConfigurationError(`Cannot upgrade "${program}": it belongs to a package manager`, {
    code: "managed",
    hint: manager[1],
  });
}

function older(from: string, to: string): Refused {
  return new Refused(`Cannot upgrade: the newest release is ${to}, and this is ${from}`, {
    code: "older",
    hint: "keyfob upgrade --rollback goes back to the version before; nothing was changed",
  });
}
