/**
 * Choosing a provider in a real pseudo-terminal, from all that there are.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type Session, startSession } from "../drivers/terminal.ts";

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox({ SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", SSH_TTY: "/dev/pts/0" });
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

/** Waits until the screen is as wanted. */
async function shows(session: Session, wanted: RegExp): Promise<string> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const screen = await session.screen();
    if (wanted.test(screen)) return screen;
    if (Date.now() > deadline) throw new Error(`${wanted} never stood on the screen:\n${screen}`);
  }
}

test.each([[[]], [["login"]]])("keyfob %p offers every provider, ready ones first", async (args) => {
  const { stdout } = await sandbox.run(["providers", "list", "--json"]);
  const all = JSON.parse(stdout) as { name: string; ready: boolean }[];
  await using session = await startSession(sandbox, args);
  const screen = await shows(session, /○/);
  const names = Array.from(screen.matchAll(/[●○] (.*?)(?: \(needs.*)?$/gm), ([, name = ""]) => name.trim());
  const expected = [...all.filter(({ ready }) => ready), ...all.filter(({ ready }) => !ready)];
  expect(names.length).toBeGreaterThan(4);
  expect(names).toEqual(expected.slice(0, names.length).map(({ name }) => name));
  // Up from the first one leads to the last one: nothing is cut off.
  session.type("\u001b[A");
  await shows(session, new RegExp(`● ${RegExp.escape(expected.at(-1)?.name ?? "")}`));
  session.type("\u0003");
  expect(await session.exited).toBe(130);
  expect(await session.isRestored()).toBe(true);
});

test.each([80, 40])("typing narrows it down, best match first, on %d columns", async (columns) => {
  await using session = await startSession(sandbox, ["login"], { columns });
  await shows(session, /○/);
  session.type("lab");
  const screen = await shows(session, /Search: lab/);
  expect(screen).toMatch(/● GitLab/);
  expect(screen).not.toContain("OpenAI");
  session.type("zzz");
  await shows(session, /No matches found/);
  session.type(`${"\u007f".repeat(6)}hugging f`);
  await shows(session, /● Hugging Face/);
  session.type("\r");
  // What follows fits the terminal too: no word is cut in two.
  const explained = await shows(session, /Client id/);
  expect(explained.replaceAll(/\s+/g, " ")).toContain(
    "wants a client of your own, which takes two minutes to create:",
  );
  for (const line of explained.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
  session.type("\u0003");
  expect(await session.exited).toBe(130);
});

test("a hostile name can neither move the cursor nor pass for another (STANDARDS 78)", async () => {
  const name = "\u001b]52;c;ZXZpbA==\u0007Zebra\u001b[2J\u202egolana\u200b";
  await sandbox.writeRegistry({ zebra: { name, issuer: "https://id.zebra.example", client_id: "x" } });
  await using session = await startSession(sandbox, ["login"]);
  await shows(session, /○/);
  session.type("zebra");
  await shows(session, /● \]52;c;ZXZpbA==Zebra\[2Jgolana/);
  expect(session.transcript.raw).not.toContain("\u001b]52");
  expect(session.transcript.raw).not.toContain("\u202e");
  const list = await sandbox.run(["providers", "list", "zebra"]);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(list.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\u200b]/);
  const json = await sandbox.run(["providers", "list", "zebra", "--json"]);
  // oxlint-disable-next-line no-control-regex -- as above
  expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test("a search without a match says what may have been meant", async () => {
  const { stderr, stdout, status } = await sandbox.run(["providers", "list", "gogle"]);
  expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  expect(stderr).toContain("did you mean google?");
});
