/**
 * Numbers that the README's sentences name, and where each comes from.
 *
 * @module
 */
import { expect } from "bun:test";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_LOGIN_FLAGS } from "../../src/commands/login_flags.ts";
import { builtBinary } from "../drivers/build.ts";
import { ROOT } from "../release/releases.ts";
import type { Machine } from "./machine.ts";

/** MiB of the smallest and the largest program, over all platforms. */
export const PROGRAM_SIZES = [90, 116] as const;
/** The same of the archives. */
const ARCHIVE_SIZES = [40, 54] as const;
const MEBIBYTE = 1024 * 1024;

/** What a sentence says, and what makes it so. */
export interface Fact {
  readonly says: string;
  readonly check: (machine: Machine) => Promise<void>;
}

/** Names that have a number in them, which says nothing of keyfob. */
export const NAMES =
  /OAuth 2|oauth2c|RFC\s\d+|AES-256-GCM|HTTP 200|\d{4}-\d\d-\d\d|is in Debian and Fedora and about 5 MB/g;

/** In the README's order. */
export const FACTS: readonly Fact[] = [
  { says: "(five minutes without `--timeout`)", check: fiveMinutes },
  {
    says: `${await countProviders()} providers are built in`,
    check: providersAreThere,
  },
  { says: "on port 1455 or 1457", check: openaiPorts },
  { says: "has 10 seconds", check: tenSeconds },
  { says: "Folders are\n0700, files 0600.", check: modes },
  { says: "a\n0600 key file beside the vault", check: modes },
  {
    says: `A program is ${PROGRAM_SIZES.join(" to ")} MiB, its archive ${ARCHIVE_SIZES.join(" to ")} MiB`,
    check: sizes,
  },
  { says: "openssl 3 or ssh-keygen 8.2", check: installerTools },
];

/** How many providers are built in. */
export async function countProviders(): Promise<number> {
  return Object.keys(await readProviders()).length;
}

/** How many of them have device codes. */
export async function countDevices(): Promise<number> {
  const entries = Object.values(await readProviders());
  return entries.filter((entry) => "device" in entry || "device_authorization_endpoint" in entry).length;
}

async function readProviders(): Promise<Record<string, Record<string, unknown>>> {
  const registry = await Bun.file(join(ROOT, "src/registry/providers.json")).json();
  return (registry as { providers: Record<string, Record<string, unknown>> }).providers;
}

/** The number is in the sentence itself; the built program has as many. */
async function providersAreThere({ bash }: Machine): Promise<void> {
  const { stdout } = await bash("KEYFOB_HOME=~/empty keyfob providers list --json");
  expect(JSON.parse(stdout)).toHaveLength(await countProviders());
}

async function fiveMinutes(): Promise<void> {
  expect(DEFAULT_LOGIN_FLAGS.timeoutSeconds).toBe(5 * 60);
  await Promise.resolve();
}

async function openaiPorts(): Promise<void> {
  expect((await readProviders())["openai"]).toMatchObject({ redirect: { port: [1455, 1457] } });
}

/** The constant is nobody else's business, so it is read from the text. */
async function tenSeconds(): Promise<void> {
  expect(await Bun.file(join(ROOT, "src/accounts/hooks.ts")).text()).toContain("= 10_000;");
}

async function modes({ bash, sandbox }: Machine): Promise<void> {
  await bash("KEYFOB_HOME=~/fresh keyfob key show");
  const fresh = join(sandbox.environment["HOME"] ?? "", "fresh");
  const { stdout } = await bash(`find ${fresh} -printf '%y %m %f\\n'`);
  expect(stdout).toContain("f 600 key\n");
  for (const line of stdout.trim().split("\n")) expect(line).toMatch(/^(?:d 700|f 600) /);
}

async function sizes(): Promise<void> {
  const binary = await builtBinary();
  const { size } = await stat(binary);
  expect(size / MEBIBYTE).toBeWithin(...PROGRAM_SIZES);
  expect(Bun.gzipSync(await Bun.file(binary).bytes()).length / MEBIBYTE).toBeWithin(...ARCHIVE_SIZES);
}

async function installerTools(): Promise<void> {
  expect(await Bun.file(join(ROOT, "src/install.sh")).text()).toContain("openssl 3 or ssh-keygen 8.2");
}
