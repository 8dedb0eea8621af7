/**
 * The tables: exit statuses, folders, platforms, and this program's column among other tools.
 *
 * @module
 */
import { expect } from "bun:test";
import { join } from "node:path";
import { resolvePaths } from "../../src/paths.ts";
import { PLATFORMS } from "../../src/upgrade/platform.ts";
import { startLogin } from "../drivers/login.ts";
import { ROOT } from "../release/releases.ts";
import { cellsOf, codeOf } from "./document.ts";
import { countDevices, countProviders, PROGRAM_SIZES } from "./facts.ts";
import type { Machine } from "./machine.ts";
import type { Scenarios } from "./scenario.ts";

/** A command line for each exit status of the table; the person at the browser says no. */
const ENDINGS: Readonly<Record<string, string>> = {
  0: "keyfob --version",
  1: "keyfob upgrade --rollback",
  2: "keyfob stauts",
  3: "keyfob login gone",
  4: "keyfob token openai",
  5: "keyfob login google",
  124: "keyfob login openai --no-browser --timeout 1s",
};
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = { 130: "SIGINT", 143: "SIGTERM" };

/** The head of the comparison. */
const TOOLS =
  " | keyfob | [oidc-agent][oa] | [pizauth][pz] | [oauth2c][oc] | [Git Credential Manager][gcm] | [kubelogin][kl]";

/** The rows of the benchmark. */
const MEASURED = [
  "hello world, built the same way",
  "reading a row and a key, and AES once: what no token undercuts",
  "token, warm, 1 account",
  "token, warm, 100,000 accounts",
  "status, 1,000 accounts",
  "200 hello worlds at once",
  "200 warm tokens at once",
  "peak memory of hello world",
  "peak memory of a warm token",
  "peak memory of status, 1,000 accounts",
];

/** What the paths of the table depend on. */
const FACTS = {
  homeFolder: "/home/me",
  environment: {
    XDG_CONFIG_HOME: "/config",
    XDG_DATA_HOME: "/data",
    APPDATA: "/roaming",
    LOCALAPPDATA: "/local",
  },
} as const;

/** See {@link Scenarios}. */
export const TABLE_SCENARIOS: Scenarios = {
  "exit | meaning | exit | meaning": {
    prepare: async ({ person, writeRegistry }) => {
      person.decision = "deny";
      await writeRegistry({ gone: { issuer: "http://127.0.0.1:9", client_id: "x" } });
    },
    steps: { "0": endsSo, "1": endsSo, "2": endsSo, "3": endsSo },
  },
  "what | Linux | macOS | Windows": {
    steps: {
      "registry, settings": (row) => namesFolder(row, "configFolder"),
      "`vault.db`, `key`": (row) => namesFolder(row, "dataFolder"),
    },
  },
  "platform | built | run": {
    steps: {
      "Linux x64 and baseline, glibc": async () => has("linux-x64", "linux-x64-baseline"),
      "Linux arm64, glibc": async () => has("linux-arm64"),
      "Linux musl, macOS, Windows": async () => {
        has(
          "linux-x64-musl",
          "linux-arm64-musl",
          "darwin-x64",
          "darwin-arm64",
          "windows-x64",
          "windows-arm64",
        );
        expect(PLATFORMS).toHaveLength(9);
        const workflow = await Bun.file(join(ROOT, ".github/workflows/release.yml")).text();
        for (const { name } of PLATFORMS) expect(workflow).toContain(`{ platform: ${name}, runner:`);
      },
    },
  },
  "what | median | times hello world": {
    steps: Object.fromEntries(MEASURED.map((what) => [what, isMeasured])),
  },
  [TOOLS]: {
    steps: {
      Providers: async (row) => ours(row, `${await countProviders()} built in`),
      "Client id": async (row) => ours(row, "one built in (OpenAI)"),
      "No browser on the machine": async (row) => ours(row, "paste the address, or forward a port"),
      "Device codes": async (row) => ours(row, `the ${await countDevices()} entries that have them`),
      "Other grants and protections": async (row) => ours(row, "none"),
      "Keeps and refreshes tokens": async (row) => ours(row, "many processes, one refresh"),
      "Tokens at rest": async (row) => ours(row, "in the keychain, or a file beside it"),
      "Hands tokens to": async (row) => ours(row, "git, docker, kubectl, AWS, mail, any command"),
      "Program and platforms": async (row) => ours(row, `one file of ${PROGRAM_SIZES.join(" to ")} MiB`),
      "Packaged in": async (row) => ours(row, "nothing"),
      "In use since": async (row) => ours(row, "not released"),
    },
  },
};

/** What the row says of keyfob; the other tools' columns have their sources beside them. */
function ours(row: string, says: string): void {
  expect(cellsOf(row)[1]).toContain(says);
}

/** A row that the benchmark prints today. How long it takes is the machine's. */
async function isMeasured(row: string): Promise<void> {
  const [what = "", median] = cellsOf(row);
  const source = await Bun.file(join(ROOT, "test/bench.ts")).text();
  const counts = { "${CROWD}": "200", "${grouped(MANY)}": "100,000", "${grouped(SHOWN)}": "1,000" };
  const labels = Object.entries(counts).reduce((text, [name, count]) => text.replaceAll(name, count), source);
  expect(labels).toContain(what);
  expect(median).toMatch(/^\d+(?:\.\d)? (?:ms|MiB)$/);
}

function has(...names: readonly string[]): void {
  for (const name of names) expect(PLATFORMS).toContainEqual(expect.objectContaining({ name }));
}

async function endsSo(row: string, machine: Machine): Promise<void> {
  const [one = "", , others = ""] = cellsOf(row);
  for (const status of [one, ...others.split(", ")]) {
    const command = ENDINGS[status];
    if (command === undefined) await endsBySignal(Number(status), machine);
    else await machine.bash(command, { status: Number(status) });
  }
}

async function endsBySignal(status: number, { sandbox }: Machine): Promise<void> {
  const signal = SIGNALS[status];
  if (signal === undefined) throw new Error(`Nothing here ends with the README's exit status ${status}`);
  const { running } = await startLogin(sandbox, ["openai", "--no-browser"]);
  await using login = running;
  login.signal(signal);
  expect((await login.outcome).status).toBe(status);
}

async function namesFolder(row: string, folder: "configFolder" | "dataFolder"): Promise<void> {
  const [, linux = "", macos = "", windows = ""] = cellsOf(row);
  const [withXdg, without] = codeOf(linux).map(plainPath);
  const at = (platform: NodeJS.Platform, environment: Record<string, string> = FACTS.environment) =>
    `${resolvePaths({ ...FACTS, environment, platform })[folder]}/`;
  expect(at("linux")).toBe(withXdg ?? "");
  expect(at("linux", {})).toBe(without ?? "");
  expect(at("win32")).toBe(plainPath(codeOf(windows)[0] ?? ""));
  const [mac = "~/Library/Application Support/keyfob/"] = codeOf(macos);
  expect(at("darwin")).toBe(plainPath(mac));
  await Promise.resolve();
}

/** The path of the table, as it is with {@link FACTS}. */
function plainPath(text: string): string {
  const values: Readonly<Record<string, string>> = FACTS.environment;
  return text
    .replaceAll("\\", "/")
    .replace(/^~/, FACTS.homeFolder)
    .replace(/^[$%](\w+)%?/, (_whole, name: string) => values[name] ?? "");
}
