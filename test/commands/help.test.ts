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
  ["providers", "add"],
  ["providers", "remove"],
  ["providers", "check"],
  ["providers", "schema"],
  ["providers", "path"],
  ["store", "copy"],
  ["manual"],
  ["help"],
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

/** Every command, hidden ones aside, as the help itself names them. */
async function everyCommand(words: readonly string[] = []): Promise<string[][]> {
  const { data } = await commands.run(...words, "--help");
  const [, list = ""] = /^Commands:\n((?: .*\n)+)/m.exec(data) ?? [];
  const names = [...list.matchAll(/^ {2}([a-z0-9]+)/gm)].map(([, name = ""]) => name);
  const below = await Promise.all(names.map((name) => everyCommand([...words, name])));
  return [[...words], ...below.flat()];
}

/** What is said, however it is laid out: shells read a backslash at the end of a line as nothing. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(" \\\n", " ")
    .split(/\s+/)
    .filter((word) => word !== "");
}

test.each([40, 59, 60, 80, 100, 200])(
  "help fits a terminal of %d columns, every word whole",
  async (columns) => {
    const tree = await everyCommand();
    expect(tree.length).toBeGreaterThan(30);
    await using narrow = await createCommands({}, { dataColumns: columns });
    for (const words of tree) {
      const { data } = await narrow.run(...words, "--help");
      expect(data.split("\n").filter((line) => Bun.stringWidth(line) > Math.min(columns, 100))).toEqual([]);
      expect(wordsOf(data)).toEqual(wordsOf((await commands.run(...words, "--help")).data));
    }
  },
);

test("help that goes to a file or a program is 80 columns wide", async () => {
  await using terminal = await createCommands({}, { dataColumns: 80 });
  for (const words of await everyCommand())
    expect(await terminal.run(...words, "--help")).toEqual(await commands.run(...words, "--help"));
});

test("a number stays on a line with what it counts", async () => {
  await using narrow = await createCommands({}, { dataColumns: 40 });
  expect((await narrow.run("--help")).data).toMatch(/^.*\b5 refused,/m);
});

test.each([[[]], [["login"]], [["providers", "add"]]])(
  "keyfob help %j says what --help says",
  async (words) => {
    expect(await commands.run("help", ...words)).toEqual(await commands.run(...words, "--help"));
  },
);

test("keyfob help of a command that is not there names the nearest in its group", async () => {
  const { data, failure } = await commands.run("help", "providers", "lst");
  expect({ data, code: failure?.code, status: failure?.exitStatus, hint: failure?.hint }).toEqual({
    data: "",
    code: "unknown_command",
    status: 2,
    hint: "did you mean keyfob providers list?",
  });
});

test.each([
  ["--help", ["--help"]],
  ["login --help", ["login", "--help"]],
  ["help login", ["help", "login"]],
] as const)("%s --json is the same text in a JSON object", async (_line, words) => {
  const { data } = await commands.run(...words);
  expect(JSON.parse((await commands.run(...words, "--json")).data)).toEqual({ help: data });
  expect(JSON.parse((await commands.run("--json", ...words)).data)).toEqual({ help: data });
});

test("the manual is one text, with --json in an object, and its examples fit a page of 80 columns", async () => {
  const { data } = await commands.run("manual");
  expect(JSON.parse((await commands.run("manual", "--json")).data)).toEqual({ manual: data });
  const examples = [...data.matchAll(/^\.nf\n([\s\S]*?)^\.fi$/gm)].flatMap(([, lines = ""]) =>
    lines.split("\n"),
  );
  expect(examples.length).toBeGreaterThan(3);
  expect(examples.filter((line) => line.replaceAll("\\-", "-").replaceAll("\\e", "\\").length > 72)).toEqual(
    [],
  );
  expect(data).toMatch(/^Exit status: 0 done, .*130 interrupted\.$/m);
});

test("the manual has what the help of a command says below its flags", async () => {
  const { data } = await commands.run("manual");
  const said = wordsOf(data.replaceAll("\\-", "-")).join(" ");
  for (const [words, begin] of [
    [["export"], "A login lives in one place"],
    [["import"], "It is taken in only once"],
    [["store", "copy"], "The old store keeps"],
  ] as const) {
    const help = (await commands.run(...words, "--help")).data;
    const [paragraph = ""] = help.slice(help.indexOf(begin)).split("\n\n");
    expect(wordsOf(paragraph).length).toBeGreaterThan(10);
    expect(said).toContain(wordsOf(paragraph).join(" "));
  }
  expect(said).toContain("laptop$ keyfob export google --confirm RECEIPT");
});

test("the help of finish says that an argument can be seen by everybody", async () => {
  const { data } = await commands.run("finish", "--help");
  expect(data.replaceAll(/\s+/g, " ")).toContain("every user of this machine can see it");
});
