/**
 * "Install" and "From a fresh clone".
 *
 * @module
 */
import { expect } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import metadata from "../../package.json" with { type: "json" };
import { startReleaseServer } from "../release/release_server.ts";
import { ROOT, smallRelease } from "../release/releases.ts";
import type { Machine } from "./machine.ts";
import type { Scenarios } from "./scenario.ts";

const { scripts } = metadata;

/** See {@link Scenarios}. */
export const SETUP_SCENARIOS: Scenarios = {
  "npm run build": {
    steps: {
      // Inside of a test it would build the binary under the other tests: it is the first part of what they ran.
      "npm run build": async () => {
        expect(scripts.test).toStartWith(`${scripts.build} && `);
        expect(scripts.build).toEndWith(" && bun run compile");
        expect(scripts.compile).toEndWith(" --outfile dist/keyfob");
        await Promise.resolve();
      },
      "mkdir -p ~/.local/bin": async (line, { bash }) => void (await bash(line)),
      "install -m 755 dist/keyfob ~/.local/bin/keyfob": async (line, { bash }) => {
        await bash(line, { folder: ROOT });
        expect((await bash("~/.local/bin/keyfob --version")).stdout).toBe(`${metadata.version}\n`);
      },
    },
  },
  'curl -fsSL "$RELEASE/install.sh" | sh': {
    steps: { 'curl -fsSL "$RELEASE/install.sh" | sh': installs },
  },
  "npm run demo": {
    steps: {
      "npm run demo": async (_line, { bash }) => {
        const [run = "", ...setUp] = scripts.demo.split(" && ").toReversed();
        expect(setUp.toReversed().join(" && ")).toBe(scripts.build);
        const { stdout } = await bash(run.replace(/^bun /, `'${process.execPath}' `), { folder: ROOT });
        expect(stdout).toMatch(
          /real OpenID provider is running at [^]*\$ keyfob login local[^]*Logged in to local[^]*\$ keyfob token local\n\S+\n[^]*"sub":"alice"/,
        );
      },
      // This is what runs now: `.ci/run` starts the same script.
      "npm test": async () => {
        expect(scripts.test).toMatch(/ && bun run compile && bun test --timeout \d+$/);
        const runner = await Bun.file(join(ROOT, ".ci/run")).text();
        expect(runner).toContain("runner=npm\n");
        expect(runner).toContain("$runner test ");
      },
    },
  },
};

/** The page of a release prints its address; the rest is as written. */
async function installs(line: string, { bash, placeholders, sandbox }: Machine): Promise<void> {
  await using server = await startReleaseServer();
  await using release = await smallRelease({ version: "1.4.0", url: server.url });
  server.releases.set("1.4.0", release.folder);
  server.latest = "1.4.0";
  placeholders.set("$RELEASE", `${server.url}/download/v1.4.0`);
  const { stderr } = await bash(line);
  expect(stderr).toContain("(checksum good, signature good)");
  const folder = join(sandbox.environment["HOME"] ?? "", ".local/bin");
  expect(await readdir(folder)).toEqual(["keyfob"]);
  expect((await bash("~/.local/bin/keyfob --version")).stdout).toBe("1.4.0\n");
}
