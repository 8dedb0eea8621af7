/**
 * What is printed for people fits the terminal it is printed in; what programs read has one line for each thing.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { logIn, readAddress } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";

const WIDTHS = [40, 80, 200];

let sandbox: Sandbox;
withMachine("file", async (machine) => {
  ({ sandbox } = machine);
  await logIn(sandbox, ["local/ended"]);
  await machine.server.endSessions();
  await sandbox.run(["refresh", "local/ended"]);
  await logIn(sandbox, ["local/work"]);
});

/** What the binary prints in a terminal, and the same in a pipe, as lines. */
async function printed(args: readonly string[], columns: number) {
  await using session = await startSession(sandbox, args, { columns });
  expect(await session.exited).toBe(0);
  const { stdout } = await sandbox.run(args);
  return { seen: session.transcript.text.trimEnd().split("\n"), piped: stdout.trimEnd().split("\n") };
}

function wordsOf(lines: readonly string[]): string[] {
  return lines.join(" ").split(/\s+/);
}

test.each(WIDTHS)("keyfob --help at %d columns", async (columns) => {
  const { seen, piped } = await printed(["--help"], columns);
  expect(seen.filter((line) => line.length > columns)).toEqual([]);
  expect(piped.filter((line) => line.length > 80)).toEqual([]);
});

test.each([40, 60, 80, 200])("keyfob providers list at %d columns", async (columns) => {
  const { seen, piped } = await printed(["providers", "list"], columns);
  expect(seen.filter((line) => line.length > columns)).toEqual([]);
  const listed = JSON.parse((await sandbox.run(["providers", "list", "--json"])).stdout) as { id: string }[];
  expect(piped).toHaveLength(1 + listed.length);
  const ids = new Set(seen.flatMap((line) => /^\S+/.exec(line) ?? []));
  expect(listed.filter(({ id }) => !ids.has(id))).toEqual([]);
  const narrow = columns < 80 ? wordsOf(piped.slice(1)) : wordsOf(piped);
  expect(wordsOf(seen).toSorted()).toEqual(narrow.toSorted());
});

test.each(WIDTHS)("keyfob status at %d columns, with a login that is over", async (columns) => {
  const { seen, piped } = await printed(["status"], columns);
  expect(seen.filter((line) => line.length > columns)).toEqual([]);
  const text = seen.join("\n");
  expect(text).toMatch(/^local\/ended\b/m);
  expect(text).toMatch(/^local\/work\b/m);
  expect(text).toMatch(/login needed\s+keyfob login local\/ended$/m);
  expect(seen.slice(seen.findIndex((line) => line.startsWith("local/work"))).join("\n")).toContain(
    "automatic",
  );
  const below = text.replaceAll(/\s+/g, " ");
  const [, why = ""] = /^local\/ended .*\((.*)\)$/m.exec(piped.join("\n")) ?? [];
  expect(why).toContain("invalid_grant");
  expect(below).toContain(`keyfob login local/ended ${why}`);
  expect(piped).toHaveLength(3);
});

test("it is standard output that counts, wherever talk goes", async () => {
  const through = (script: string) => ["sh", "-c", script];
  const list = ["providers", "list", "google"];
  const options = { columns: 40 };
  await using quiet = await startSession(sandbox, list, {
    ...options,
    through: through('"$0" "$@" 2>/dev/null'),
  });
  expect(await quiet.exited).toBe(0);
  expect(quiet.transcript.text).toContain("google\n  Google");
  await using piped = await startSession(sandbox, list, { ...options, through: through('"$0" "$@" | cat') });
  expect(await piped.exited).toBe(0);
  expect(piped.transcript.text).toBe((await sandbox.run(list)).stdout);
});

/** A login that waits for a paste, after `q` was pressed. */
async function askForQrCode(size: { readonly columns: number; readonly rows: number }) {
  const session = await startSession(sandbox, ["login", "local/new", "--method", "paste"], size);
  await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  session.type("q");
  return session;
}

test("q draws no part of a QR code: it says how large the terminal must be, and there all of it is in sight", async () => {
  await using small = await askForQrCode({ columns: 80, rows: 24 });
  const [, columns, rows] = await small.transcript.waitFor(
    /needs (\d+)\s+columns\s+and\s+(\d+)\s+lines;\s+this\s+terminal\s+has\s+80\s+and\s+24\./,
  );
  expect(await small.screen()).not.toMatch(/[█▀▄]/);
  const needed = { columns: Number(columns), rows: Number(rows) };
  await using enough = await askForQrCode(needed);
  await enough.transcript.waitFor(/█[\s\S]*Paste the address here/);
  const picture = (await enough.inSight()).match(/^[█▀▄ ]{20,}$/gm) ?? [];
  expect(picture).toHaveLength(Math.ceil(needed.columns / 2));
  await using short = await askForQrCode({ ...needed, rows: needed.rows - 1 });
  await short.transcript.waitFor(/A QR code of this address needs/);
});
