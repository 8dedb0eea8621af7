import { describe, expect, test } from "bun:test";
import { talkColumns, wrapped } from "../../src/commands/wrapped_text.ts";
import { createCommands } from "./fixtures.ts";

describe("wrapped()", () => {
  test("breaks between words, and indents what follows as far as the first", () => {
    expect(wrapped("one two three four five six", 20, "  hint: ")).toBe(
      "  hint: one two\n        three four\n        five six",
    );
  });

  test("keeps the lines that are there", () => {
    expect(wrapped("one\ntwo", 80, "  hint: ")).toBe("  hint: one\n        two");
  });

  test.each([
    "keyfob providers add google --client-id ID --client-secret-file FILE",
    "keyfob store copy file postgres",
    "keyfob run google/work --env NAME=google -- gh pr list --json title",
    "keyfob export ACCOUNT --to KEY",
    "keyfob login acme --method paste",
  ])("never breaks a command: %s", (command) => {
    const hint = `do this first: ${command}, or wait for a better day`;
    expect(wrapped(hint, 30).split("\n").join(" ")).toBe(hint);
    expect(wrapped(hint, 30).split("\n")).toContain(`${command},`);
    expect(wrapped(`so (${command}) it is`, 30)).toContain(`(${command})`);
  });

  test.each([
    "mkdir '/home/me/key fob/old' && mv '/home/me/key fob/vault.db'* '/home/me/key fob/old'",
    "chmod go-w '/home/me/my, own/providers.json'",
    "chown me '/home/me/providers.json'",
    "ls -ld '/home/me/.config/keyfob' '/home/me/.config/keyfob/key'",
    "(umask 077; openssl rand -base64 32 > '/home/me/a key')",
    'git pull && npm run build && install -m 755 dist/keyfob "/usr/local/bin/keyfob"',
    "KEYFOB_HOME='/home/me/another place/of mine'",
  ])("never breaks what a shell is to run: %s", (command) => {
    expect(wrapped(`do this first: ${command}`, 30).split("\n").at(-1)).toBe(command);
    const hint = `do this first: ${command}, or wait for a better day`;
    expect(wrapped(hint, 30).split("\n")).toContain(`${command},`);
    const inside = command.startsWith("(") ? command : `(${command})`;
    expect(wrapped(`other users may write to it ${inside}. So it is`, 30).split("\n")).toContain(
      `${inside}.`,
    );
  });

  test.each([
    "keyfob export acme/w --cancel",
    "keyfob logout acme/w --local",
    "keyfob export acme/w --confirm RECEIPT",
    "keyfob login acme/w --method paste",
    "keyfob finish < FILE",
    "keyfob refresh acme/work",
    "kill -CONT 4194304",
  ])("ends a command where the sentence goes on: %s", (command) => {
    expect(wrapped(`${command} takes it back`, command.length)).toStartWith(`${command}\ntakes`);
  });

  test("takes no word of a sentence for the value of a flag that has none, and knows those that have one", async () => {
    await using commands = await createCommands();
    const { data } = await commands.run("manual");
    const lines = data.replaceAll("\\-", "-").matchAll(/^\.B (?:-\w, )?(--[a-z-]+)( <)?/gm);
    const flags = Array.from(lines, ([, flag = "", value]) => ({ flag, hasValue: value !== undefined }));
    expect(flags.length).toBeGreaterThan(50);
    for (const { flag, hasValue } of flags) {
      const [first] = wrapped(`keyfob x ${flag} something`, 1).split("\n");
      expect(first).toBe(hasValue ? `keyfob x ${flag} something` : `keyfob x ${flag}`);
    }
  });

  test("breaks sentences that only use the words of commands", () => {
    expect(wrapped("the users' own files, of this machine's clock", 20)).toBe(
      "the users' own\nfiles, of this\nmachine's clock",
    );
  });

  test("leaves a line of ssh, and a word that is longer than the line, whole", () => {
    const line = "ssh -N -L 8976:127.0.0.1:8976 me@a-machine-with-a-long-name.example";
    expect(wrapped(`on your computer:\n${line}`, 30)).toBe(`on your computer:\n${line}`);
    const address = `https://id.example/${"a".repeat(60)}`;
    expect(wrapped(`open ${address} now`, 30)).toBe(`open\n${address}\nnow`);
  });

  test("never breaks what does not go to a terminal", () => {
    const columns = talkColumns({ canRedraw: false, columns: 80 });
    expect(wrapped("word ".repeat(100).trim(), columns)).not.toContain("\n");
    expect(talkColumns({ canRedraw: true, columns: 40 })).toBe(40);
  });
});
