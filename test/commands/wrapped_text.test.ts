import { describe, expect, test } from "bun:test";
import { talkColumns, wrapped } from "../../src/commands/wrapped_text.ts";

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
