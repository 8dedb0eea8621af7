/**
 * Pastes and keys told apart, in whatever pieces they arrive.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { PasteSplitter } from "../../src/login/paste_splitter.ts";

const BRACKETED = "ab\u001b[200~http://x\r?code=1\u001b[201~\r";

test("a bracketed paste is whole however it is cut into pieces", () => {
  for (let size = 1; size <= BRACKETED.length; size++) {
    const splitter = new PasteSplitter();
    const pieces = (BRACKETED.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []).flatMap((piece) =>
      splitter.push(piece),
    );
    expect(pieces.filter(({ kind }) => kind === "paste")).toEqual([
      { kind: "paste", text: "http://x\r?code=1" },
    ]);
    expect(pieces.map(({ kind, text }) => (kind === "keys" ? text : "")).join("")).toBe("ab\r");
    expect(splitter.patience).toBeUndefined();
  }
});

test("a burst without brackets is a paste once there is silence", () => {
  const splitter = new PasteSplitter();
  expect(splitter.push(`${"x".repeat(30)}\r`)).toEqual([]);
  expect(splitter.push("yy\r")).toEqual([]);
  expect(splitter.patience).toBeGreaterThan(0);
  expect(splitter.quiet()).toEqual([{ kind: "paste", text: `${"x".repeat(30)}\ryy\r` }]);
  expect(splitter.push("z")).toEqual([{ kind: "keys", text: "z" }]);
});

test("keys pass at once, arrows held down included", () => {
  for (const keys of [
    "a",
    "\r",
    "hello\r",
    "\u007f",
    "\u001b[A",
    "\u001b[A".repeat(30),
    "\u001bOB",
    "\u0003",
  ]) {
    expect(new PasteSplitter().push(keys)).toEqual([{ kind: "keys", text: keys }]);
  }
});

test("a key that comes in two pieces is whole after the second", () => {
  const splitter = new PasteSplitter();
  expect(splitter.push("\u001b")).toEqual([]);
  expect(splitter.push("[A")).toEqual([{ kind: "keys", text: "\u001b[A" }]);
});

test("Escape alone does nothing", () => {
  const splitter = new PasteSplitter();
  expect([...splitter.push("\u001b"), ...splitter.quiet()]).toEqual([]);
});

test("ctrl-C gets out of a paste that lost its end", () => {
  const splitter = new PasteSplitter();
  splitter.push("\u001b[200~never ending");
  expect(splitter.push("\u0003")).toEqual([{ kind: "keys", text: "\u0003" }]);
  expect(splitter.push("a")).toEqual([{ kind: "keys", text: "a" }]);
});

test("a paste that lost its end is given after silence", () => {
  const splitter = new PasteSplitter();
  splitter.push("\u001b[200~half");
  expect(splitter.quiet()).toEqual([{ kind: "paste", text: "half" }]);
});
