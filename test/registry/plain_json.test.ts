import { describe, expect, test } from "bun:test";
import { parseJsonc } from "../../src/registry/jsonc.ts";
import { readPlainJson } from "../../src/registry/plain_json.ts";

const PLAIN = [
  "{}",
  '{"a":1}',
  '{ "a": [1, {"b": null}], "c": "d" }',
  '// one\n{ "a": "// not a comment", /* two */ "b": "/* nor this */", }',
  '{ "a": [1, 2,], // last\n}',
  '{ "a": "say \\"x\\", please" }',
  '{ "a": 1 /* , */ , /* , */ }',
  "[1,\n]",
];

const CAREFUL = [
  "",
  "{",
  "{,}",
  "[,]",
  "[1,,]",
  "{'a':1}",
  '{"a":1}}',
  '{"a":1/**/2}',
  '{"a":1 /* never closed',
  '{"a":1,"a":2}',
  '{"a":{"b":1,"b":1}}',
  '{"__proto__":{}}',
  '{"\\u005f_proto__":{}}',
  "[".repeat(70) + "]".repeat(70),
  '{"a":"line\nbreak"}',
];

describe("readPlainJson()", () => {
  test.each(PLAIN)("reads %p as jsonc-parser does", (text) => {
    expect(readPlainJson(text, 64)?.value).toEqual(parseJsonc(`${text}\n\n// "\\u0020"`).value);
  });

  test.each(CAREFUL)("leaves %p to the careful way", (text) => {
    expect(readPlainJson(text, 64)).toBeUndefined();
  });
});

test("parseJsonc() finds places in a text that was read quickly", () => {
  const document = parseJsonc('// one\n{\n  "a": { "b": 1 },\n}');
  expect(document.problems).toEqual([]);
  expect(document.locate(["a", "b"])).toEqual({ line: 3, column: 15 });
  expect(document.locate(["a"], "key")).toEqual({ line: 3, column: 3 });
});
