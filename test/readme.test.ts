/**
 * What the README tells people to run is run, as it stands there, and what it says is so.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { exists } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, partsOf, proseOf } from "./readme/document.ts";
import { FACTS, NAMES } from "./readme/facts.ts";
import { createMachine, type Machine } from "./readme/machine.ts";
import { gapsBetween } from "./readme/scenario.ts";
import { SCENARIOS } from "./readme/scenarios.ts";

const ROOT = join(import.meta.dir, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const PARTS = partsOf(README);

describe("the README", () => {
  test("has a scenario for every block, every line of it and every row, and none besides", () => {
    expect(gapsBetween(PARTS, SCENARIOS)).toEqual([]);
  });

  test.each(PARTS.map((part, index) => [index + 1, part.name, part] as const))(
    "block %d: %s",
    async (_number, _name, { name, lines }) => {
      const scenario = SCENARIOS[name];
      if (scenario === undefined) throw new Error(`README block "${name}" has no scenario`);
      await using machine = await createMachine();
      await scenario.prepare?.(machine);
      for (const { key, text } of lines) await scenario.steps[key]?.(text, machine);
      const { openai, google, acme, github } = machine.world;
      expect([openai, google, acme, github].flatMap(({ violations }) => violations)).toEqual([]);
    },
  );
});

describe("its text", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine();
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  test("names no number that nothing checks", () => {
    const rest = FACTS.reduce((prose, { says }) => prose.replace(says, ""), proseOf(README))
      .replaceAll(/`[^`]+`|\]\([^)]*\)|<img [^>]*>/g, "")
      .replaceAll(NAMES, "");
    expect(rest.match(/^.*\d.*$/gm) ?? []).toEqual([]);
  });

  test.each(FACTS.map((fact) => [fact.says.replaceAll("\n", " "), fact] as const))(
    "says: %s",
    async (_name, { says, check }) => {
      expect(README).toContain(says);
      await check(machine);
    },
  );

  const commands = [...new Set(codeOf(README).filter((code) => /^keyfob [a-z]/.test(code)))];
  test.each(commands)("names a command that is there: %s", async (command) => {
    const [, words = ""] = /^keyfob ((?:[a-z][a-z0-9]* ?)+)/.exec(command) ?? [];
    const { stdout } = await machine.bash(`keyfob ${words.trim()} --help`);
    const [, path = ""] = /^Usage: keyfob ([a-z0-9 ]+?)(?= [^a-z]|$)/m.exec(stdout) ?? [];
    expect(words).toStartWith(path);
    // The help of a group, or of everything, is what an unknown command gets.
    expect(stdout).not.toMatch(/^Usage: .*\[command\]/m);
    for (const [flag] of command.matchAll(/--[a-z-]+/g)) expect(stdout).toContain(flag);
  });

  test("names flags and variables that are there", async () => {
    const own = codeOf(README.replace(/^## Compared with other tools$.*?(?=^## )/ms, "")).join(" ");
    const { stdout: manual } = await machine.bash("keyfob manual");
    const sources = await Array.fromAsync(new Bun.Glob("src/**/*.{ts,sh}").scan(ROOT));
    const texts = await Promise.all(sources.map((path) => Bun.file(join(ROOT, path)).text()));
    const known = [manual, ...texts].join("\n");
    const words = [...own.matchAll(/(?<=^|\s)--[a-z-]+|\b[A-Z]+_[A-Z_]*[A-Z]\b/g)].map(([word]) => word);
    const foreign = new Set(["--global"]);
    expect(words.filter((word) => !known.includes(word) && !foreign.has(word))).toEqual([]);
  });

  test("shows in its picture what the program says now", async () => {
    const drawn = join(machine.sandbox.folder, "drawn.svg");
    await machine.bash(`'${process.execPath}' test/picture.ts '${drawn}'`, { folder: ROOT });
    expect(wordsOf(await Bun.file(drawn).text())).toEqual(
      wordsOf(await Bun.file(join(ROOT, ".github/login.svg")).text()),
    );
  });

  test("links to files that are there", async () => {
    const links = [...README.matchAll(/\]\(([^):#]+)\)|src="([^"]+)"/g)].map(
      ([, link, image]) => link ?? image ?? "",
    );
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect([link, await exists(join(ROOT, link))]).toEqual([link, true]);
  });
});

/** The lines of a picture, without addresses and tokens, which are new each time. */
function wordsOf(svg: string): string[] {
  const texts = [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, text = ""]) => text);
  return texts.filter((text) => !/\S{24}/.test(text));
}

describe("a README that drifts is seen:", () => {
  const gapsOf = (text: string) => gapsBetween(partsOf(text), SCENARIOS);

  test("a new block", () => {
    expect(gapsOf(`${README}\n\`\`\`sh\nkeyfob fly\n\`\`\`\n`)).toEqual([
      `README block ${PARTS.length + 1} ("keyfob fly") has no scenario`,
    ]);
  });

  test("a changed line", () => {
    expect(gapsOf(README.replace("keyfob refresh google/work", "keyfob refresh google"))).toEqual([
      expect.stringContaining("has a line without a scenario: keyfob refresh google"),
      expect.stringContaining("has no line any more: keyfob refresh google/work"),
    ]);
  });

  test("a block that is gone", () => {
    expect(gapsOf(README.replace(/```sh\nnpm run build\n[^`]*```/, ""))).toEqual([
      'the README has no block "npm run build" any more',
    ]);
  });
});
