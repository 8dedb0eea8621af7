/**
 * The help of every command, word for word: what people and scripts read is changed on purpose or not at all.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Commands, createCommands } from "./fixtures.ts";

const COMMANDS: readonly (readonly string[])[] = [
  ["login"],
  ["finish"],
  ["token"],
  ["status"],
  ["refresh"],
  ["logout"],
  ["providers"],
  ["providers", "list"],
  ["providers", "show"],
  ["providers", "remove"],
  ["providers", "check"],
  ["providers", "schema"],
  ["providers", "path"],
];

let commands: Commands;
beforeAll(async () => void (commands = await createCommands()));
afterAll(() => commands[Symbol.asyncDispose]());

test.each(COMMANDS.map((words) => [["keyfob", ...words, "--help"].join(" "), words] as const))(
  "%s",
  async (_line, words) => {
    const { data, said, failure } = await commands.run(...words, "--help");
    expect({ said, failure }).toEqual({ said: [], failure: undefined });
    expect(data).toMatchSnapshot();
  },
);

test("keyfob --help lists every command with what it does, then examples and every exit status", async () => {
  const { data } = await commands.run("--help");
  for (const [name = ""] of COMMANDS) expect(data).toMatch(new RegExp(`^ {2}${name}(?: .*)? {2,}[a-z]`, "m"));
  expect(data).toContain("keyfob login openai");
  for (const status of [0, 1, 2, 3, 4, 5, 124, 130]) expect(data).toMatch(new RegExp(`\\b${status} [a-z]`));
});

test("help fits a terminal of 100 columns", async () => {
  for (const words of COMMANDS) {
    const { data } = await commands.run(...words, "--help");
    const tooLong = data.split("\n").filter((line) => line.length > 120);
    expect(tooLong).toEqual([]);
  }
});

test("the help of finish says that an argument can be seen by everybody", async () => {
  const { data } = await commands.run("finish", "--help");
  expect(data.replaceAll(/\s+/g, " ")).toContain("every user of this machine can see it");
});
