/**
 * What works with every command: `--help`, `--version` and `--json`, wherever they stand.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { commandWord, isLogin } from "../../src/command_word.ts";
import { BUILD, VERSION } from "../../src/version.ts";
import { entryAt, sessionAt } from "../accounts/fixtures.ts";
import { type Commands, createCommands } from "./fixtures.ts";

const ORIGIN = "http://127.0.0.1:9";

let commands: Commands;
beforeAll(async () => {
  commands = await createCommands({ acme: entryAt(ORIGIN) });
  await commands.save({ provider: "acme", label: "default" }, sessionAt(ORIGIN, 3600));
});
afterAll(() => commands[Symbol.asyncDispose]());

/** Every command line that names a command and nothing else, read from the help. */
async function everyCommand(words: readonly string[] = []): Promise<string[][]> {
  const { data } = await commands.run(...words, "--help");
  const list = /^Commands:\n((?: .*\n)+)/m.exec(data)?.[1] ?? "";
  const names = Array.from(list.matchAll(/^ {2}([a-z]\S*)/gm), ([, name = ""]) => name);
  const below = await Promise.all(names.map((name) => everyCommand([...words, name])));
  return [[...words], ...below.flat()];
}

test("--version is understood by every command, in the same words as at the root", async () => {
  const lines = await everyCommand();
  expect(lines.length).toBeGreaterThan(30);
  for (const words of lines) {
    expect({ words, ...(await commands.run(...words, "--version")) }).toMatchObject({
      data: `${VERSION}\n`,
      failure: undefined,
    });
    const { data } = await commands.run(...words, "--json", "--version");
    expect(JSON.parse(data)).toEqual(BUILD);
  }
});

test("--help is understood by every command", async () => {
  for (const words of await everyCommand()) {
    const { data, failure } = await commands.run(...words, "--help");
    expect({ words, failure }).toEqual({ words, failure: undefined });
    expect(data).toContain(["Usage: keyfob", ...words].join(" "));
  }
});

test.each(["status", "token acme", "providers list", "providers path", "providers show acme"])(
  "--json before %s counts as much as after it",
  async (line) => {
    const words = line.split(" ");
    const after = await commands.run(...words, "--json");
    expect(() => JSON.parse(after.data)).not.toThrow();
    for (let place = 0; place < words.length; place += 1) {
      const { data, failure } = await commands.run(...words.toSpliced(place, 0, "--json"));
      expect({ data, failure }).toEqual({ data: after.data, failure: undefined });
    }
  },
);

test("the command is the first word that is no flag", () => {
  expect(commandWord(["--json", "login", "status"])).toBe("login");
  expect(commandWord(["--json"])).toBeUndefined();
  expect(isLogin(["--json", "login", "nosuch"])).toBe(true);
  expect(isLogin(["status", "login"])).toBe(false);
});
