/**
 * A program that uses its terminal in one way; run by terminal.test.ts.
 *
 * @module
 */
import { KeyfobError } from "../src/errors.ts";
import { openTerminal } from "../src/terminal.ts";

const terminal = openTerminal();
const [use = "", argument = ""] = process.argv.slice(2);

async function lines(milliseconds: number): Promise<void> {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), milliseconds).unref();
  for await (const line of terminal.lines(ending.signal)) await terminal.data(`<${line}>`);
  await terminal.data("ended");
}

/** Takes lines without ever waiting for anything but the next. */
async function flood(milliseconds: number): Promise<void> {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), milliseconds).unref();
  for await (const _line of terminal.lines(ending.signal));
  await terminal.data("ended");
}

const uses: Record<string, () => Promise<void>> = {
  async data() {
    for (let count = 0; count < 3; count++) await terminal.data("x".repeat(Number(argument)));
    terminal.say("written");
  },
  async say() {
    terminal.say(JSON.parse(argument), "bad");
  },
  lines: () => lines(Number(argument)),
  flood: () => flood(Number(argument)),
  async readAll() {
    await terminal.data(await terminal.readAll(Number(argument), new AbortController().signal));
  },
  async facts() {
    const { interactive, colour, columns } = terminal;
    await terminal.data(JSON.stringify({ interactive, colour, columns }));
  },
  async restore() {
    terminal.input.setRawMode(true);
    terminal.output.write("\u001b[?25l\u001b[?2004h");
    terminal.restore();
    terminal.input.pause();
  },
};

try {
  await uses[use]?.();
} catch (error) {
  if (!(error instanceof KeyfobError)) throw error;
  terminal.say(error.code);
  process.exitCode = error.exitStatus;
}
