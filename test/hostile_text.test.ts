/**
 * Text of strangers, made harmless (STANDARDS 78).
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { harmless } from "../src/hostile_text.ts";

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));
}

describe("these vanish:", () => {
  const kinds: readonly (readonly [what: string, characters: string[]])[] = [
    ["C0 controls", [...range(0x00, 0x08), ...range(0x0b, 0x0c), ...range(0x0e, 0x1f), "\u007f"]],
    ["C1 controls", [...range(0x80, 0x84), ...range(0x86, 0x9f)]],
    [
      "bidi marks, embeddings, overrides and isolates",
      ["\u061c", "\u200e", "\u200f", ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
    ],
    ["zero-width characters", ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u180e", "\u00ad"]],
    ["tag characters", ["\u{e0001}", ...range(0xe0020, 0xe007f)]],
    ["lone surrogates", ["\ud800", "\udfff"]],
  ];
  test.each(kinds)("%s", (_what, characters) => {
    for (const character of characters) expect(harmless(`a${character}b`)).toBe("ab");
  });
});

test.each(["\n", "\r\n", "\t", "\u0085", "\u2028", "\u2029", "\n\n\t\r"])(
  "line breaks and tabs (%j) become one space",
  (text) => {
    expect(harmless(`a${text}b`)).toBe("a b");
  },
);

test("an escape sequence becomes text that does nothing", () => {
  expect(harmless("\u001b[31mred\u001b]8;;https://evil.example\u0007link\u009b2J")).toBe(
    "[31mred]8;;https://evil.examplelink2J",
  );
});

test("honest text stays: accents, Chinese, right-to-left letters, emoji", () => {
  for (const text of ["Crème brûlée", "日本語", "שלום", "مرحبا", "👍🏽 ok", "a  b"])
    expect(harmless(text)).toBe(text);
});

test("space at both ends goes", () => {
  expect(harmless(" \u200b \n a \u202e ")).toBe("a");
});

describe("a long text is cut", () => {
  test("to 300 characters unless another length is given, and says that it was", () => {
    expect(harmless("x".repeat(300))).toBe("x".repeat(300));
    expect(harmless("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
    expect(harmless("abcdef", 4)).toBe("abc…");
    expect(harmless("abcd", 4)).toBe("abcd");
  });

  test("between characters, never within one", () => {
    expect(harmless("👍👍👍", 2)).toBe("👍…");
  });

  test("after what is invisible has gone", () => {
    expect(harmless(`${"\u200b".repeat(1000)}ab`, 4)).toBe("ab");
  });
});

test("text without anything visible is empty", () => {
  expect(harmless("")).toBe("");
  expect(harmless("\u202e\u200b\n")).toBe("");
});
