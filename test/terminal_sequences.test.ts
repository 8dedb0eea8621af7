/**
 * Which terminals show links, and how the clipboard is reached through what stands between.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { clipboardSequence, hyperlink, showsHyperlinks } from "../src/terminal_sequences.ts";

test.each([
  ["kitty, also over SSH", { TERM: "xterm-kitty" }, true],
  ["iTerm", { TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }, true],
  ["GNOME Terminal", { TERM: "xterm-256color", VTE_VERSION: "7006" }, true],
  ["an old GNOME Terminal", { TERM: "xterm-256color", VTE_VERSION: "4800" }, false],
  ["Windows Terminal", { TERM: "xterm-256color", WT_SESSION: "x" }, true],
  ["Apple's Terminal", { TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" }, false],
  ["nobody knows what", { TERM: "xterm-256color" }, false],
  ["Emacs", { TERM: "dumb", TERM_PROGRAM: "WezTerm" }, false],
  ["no terminal", {}, false],
  [
    "tmux 3.5",
    { TERM: "tmux-256color", TMUX: "x", TERM_PROGRAM: "tmux", TERM_PROGRAM_VERSION: "3.5a" },
    true,
  ],
  [
    "tmux 3.3",
    { TERM: "tmux-256color", TMUX: "x", TERM_PROGRAM: "tmux", TERM_PROGRAM_VERSION: "3.3a" },
    false,
  ],
  ["screen in kitty", { TERM: "screen.xterm-kitty", STY: "x" }, false],
])("links in %s", (_name, environment: Record<string, string>, shows) => {
  expect(showsHyperlinks(environment)).toBe(shows);
});

test("a link is closed again", () => {
  expect(hyperlink("here", "https://a.example/")).toBe("\x1b]8;;https://a.example/\x1b\\here\x1b]8;;\x1b\\");
});

test("the clipboard is reached plainly", () => {
  expect(clipboardSequence("hällo", { TERM: "xterm" })).toBe("\x1b]52;c;aMOkbGxv\x07");
});

test("inside tmux both ways are tried: tmux takes one, or hands the other on", () => {
  const sequence = clipboardSequence("a", { TERM: "tmux-256color", TMUX: "x" });
  expect(sequence).toBe("\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
});

test("screen hands it on in pieces that it can take", () => {
  const sequence = clipboardSequence("x".repeat(2000), { TERM: "screen-256color" });
  const pieces = sequence.split("\x1b\\").filter((piece) => piece !== "");
  expect(pieces.length).toBeGreaterThan(5);
  for (const piece of pieces) {
    expect(piece).toStartWith("\x1bP");
    expect(piece.length).toBeLessThanOrEqual(514);
  }
  const whole = pieces.map((piece) => piece.slice(2)).join("");
  expect(whole).toBe(`\x1b]52;c;${btoa("x".repeat(2000))}\x07`);
});
