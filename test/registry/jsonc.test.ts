import { describe, expect, test } from "bun:test";
import { parseJsonc } from "../../src/registry/jsonc.ts";

describe("parseJsonc()", () => {
  test("reads comments, trailing commas and a byte order mark", () => {
    const { value, problems } = parseJsonc('\uFEFF{ // a comment\n "a": [1, 2,], /* another */ "b": "x", }');
    expect(problems).toEqual([]);
    expect(value).toEqual({ a: [1, 2], b: "x" });
  });

  test("says where a value stands, and where its name does", () => {
    const document = parseJsonc('{\n  "a": {\n    "b": [1, 22]\n  }\n}');
    expect(document.locate(["a", "b", 1])).toEqual({ line: 3, column: 14 });
    expect(document.locate(["a", "b"], "key")).toEqual({ line: 3, column: 5 });
    expect(document.locate(["a", "missing"])).toEqual({ line: 2, column: 8 });
  });

  test("reports broken syntax with its place", () => {
    const { problems } = parseJsonc('{\n  "a" 1\n}');
    expect(problems[0]).toMatchObject({ line: 2, column: 7, syntax: true, message: "colon expected" });
  });

  test.each([
    ["{ 'a': 1 }", "invalid symbol", "in double quotes"],
    ['{ "a": 1. }', "unexpected end of number", "such as 1.5"],
    ['{ "a": }', "value expected", "a value stands here"],
    ["{ 1: 2 }", "property name expected", "the name of a field"],
    ['{ "a" 1 }', "colon expected", "a colon stands between"],
    ['{ "a": 1 "b": 2 }', "comma expected", "a comma stands between"],
    ['{ "a": 1', "close brace expected", 'end the object with "}"'],
    ["[1", "close bracket expected", 'end the list with "]"'],
    ["{} {}", "end of file expected", "nothing may follow"],
    ['{ "a": "b\n" }', "unexpected end of string", "on the same line"],
    ["{} /* ", "unexpected end of comment", 'end the comment with "*/"'],
    [String.raw`{ "a": "\u00g0" }`, "invalid unicode", "four hex digits"],
    [String.raw`{ "a": "C:\dir" }`, "invalid escape character", "a backslash in text twice"],
    ['{ "a": "\u0001" }', "invalid character", "take this character out"],
  ])("says of %s what would be right", (text, message, hint) => {
    const problem = parseJsonc(text).problems.find((one) => one.message === message);
    expect(problem?.hint).toContain(hint);
  });

  test("reports a key that stands twice and keeps the first", () => {
    const { value, problems } = parseJsonc('{\n "a": 1,\n "a": 2 }');
    expect(value).toEqual({ a: 1 });
    expect(problems).toEqual([
      { line: 3, column: 2, path: ["a"], syntax: false, message: '"a" stands here twice' },
    ]);
  });

  test("keeps __proto__ away from every prototype", () => {
    const { value, problems } = parseJsonc('{ "__proto__": { "polluted": 1 }, "a": { "__proto__": null } }');
    expect(problems).toHaveLength(2);
    expect(Object.keys(value as object)).toEqual(["a"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("takes constructor and toString for ordinary names", () => {
    const { value, problems } = parseJsonc('{ "constructor": 1, "toString": 2 }');
    expect(problems).toEqual([]);
    expect(Object.entries(value as object)).toEqual([
      ["constructor", 1],
      ["toString", 2],
    ]);
  });

  test("refuses 65 levels before the parser recurses, and takes 64", () => {
    expect(parseJsonc("[".repeat(64) + "]".repeat(64)).problems).toEqual([]);
    expect(parseJsonc("[".repeat(65) + "]".repeat(65)).problems[0]?.message).toContain("deeper than 64");
    expect(parseJsonc("[".repeat(1_000_000)).problems).toHaveLength(1);
  });

  test("reads nothing from nothing", () => {
    expect(parseJsonc("").problems[0]?.syntax).toBe(true);
  });
});
