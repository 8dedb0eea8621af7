import { describe, expect, test } from "bun:test";
import { parseJsonc } from "../../src/registry/jsonc.ts";
import { editJsonc, removeJsonc } from "../../src/registry/jsonc_edit.ts";

const PATH = ["providers", "acme", "client_id"];

describe("editJsonc()", () => {
  test("keeps comments where they are, order, and trailing commas", () => {
    const text = `// mine
{
  "providers": {
    // the company
    "zenith": { "issuer": "https://id.zenith.example" }, // prod
    "acme": {
      "issuer": "https://id.acme.example", // no slash
      /* who we are */
    }, /* last */ // of all
    // add more here
  },
}
`;
    expect(editJsonc(text, ["providers", "new"], { issuer: "https://x.example", scopes: ["a"] })).toBe(
      text.replace(
        "// of all\n",
        `// of all
    "new": {
      "issuer": "https://x.example",
      "scopes": [
        "a"
      ]
    },
`,
      ),
    );
    expect(editJsonc(text, PATH, "abc")).toBe(
      text.replace("// no slash\n", '// no slash\n      "client_id": "abc",\n'),
    );
  });

  test("adds the comma that is missing before the comment beside it", () => {
    expect(editJsonc('{\n\t"a": 1 // one\n}\n', ["b"], 2)).toBe('{\n\t"a": 1, // one\n\t"b": 2\n}\n');
  });

  test("replaces a value in its place", () => {
    expect(editJsonc('{ "a": 1, /* two */ "b": 2 }', ["a"], "x")).toBe('{ "a": "x", /* two */ "b": 2 }');
  });

  test("brings a removed provider back", () => {
    const edited = editJsonc('{ "providers": { "acme": null } } // end', PATH, "abc");
    expect(parseJsonc(edited).value).toEqual({ providers: { acme: { client_id: "abc" } } });
    expect(edited).toEndWith("// end");
  });

  test.each([
    ["nothing", ""],
    ["a comment alone", "// mine\n"],
    ["an empty object", "{}"],
    ["an object with a comment alone", '{\n  "providers": { // mine\n  }\n}'],
    ["an object on one line", '{"providers":{"zenith":{"issuer":"https://z.example"}}}'],
    ["a closing brace beside the last field", '{ "providers": {\n  "zenith": {} } }'],
    ["Windows line breaks", '{\r\n  "providers": {\r\n    "zenith": {}\r\n  }\r\n}\r\n'],
    ["a byte order mark", '\uFEFF{\n  "providers": {\n    "zenith": {}\n  }\n}\n'],
    ["a comma on a line of its own", '{\n  "providers": {\n    "zenith": {}\n    ,\n  }\n}\n'],
    ["a comment that looks like a field", '{\n  "providers": {\n    "zenith": {} // , "acme": {\n  }\n}\n'],
    [
      "a string that looks like a comment",
      '{\n  "providers": {\n    "zenith": { "name": "// , }" }\n  }\n}\n',
    ],
  ])("makes what is missing in %s", (_, text) => {
    const before = parseJsonc(text).value as { providers?: object } | undefined;
    const edited = editJsonc(text, PATH, "abc");
    const { value, problems } = parseJsonc(edited);
    expect(problems).toEqual([]);
    expect(value).toEqual({ providers: { ...before?.providers, acme: { client_id: "abc" } } });
    for (const comment of text.match(/\/\/ mine/g) ?? []) expect(edited).toContain(comment);
    if (text.includes("\r\n")) expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
  });
});

describe("removeJsonc()", () => {
  const LINES = `{
  "one": 1, // first
  // about two
  "two": {
    "deep": true
  },
  "three": 3 /* last */
}
`;

  test.each([
    ["one", LINES.replace('  "one": 1, // first\n', "")],
    ["two", LINES.replace(/ {2}"two": \{[^}]*\},\n/, "")],
    ["three", LINES.replace('  "three": 3 /* last */\n', "").replace("  },", "  }")],
  ])("takes %s out with the comment beside it, and leaves every other line", (name, expected) => {
    expect(removeJsonc(LINES, [name])).toBe(expected);
    const windows = LINES.replaceAll("\n", "\r\n");
    expect(removeJsonc(windows, [name])).toBe(expected.replaceAll("\n", "\r\n"));
  });

  test.each([
    ["on one line, first", '{ "one": 1, "two": 2 }', "one"],
    ["on one line, last", '{"two":2,"one":1}', "one"],
    ["with a comma in front", '{\n  "one": 1\n  , "two": 2\n}', "one"],
    ["with a comma in a comment before it", '{\n  "two": 2, // b, c\n  "one": 1\n}', "one"],
    ["with a comma that trails", '{\n  "two": 2,\n  "one": 1,\n}', "one"],
    ["with a byte order mark", '\uFEFF{\n  "two": 2,\n  "one": 1\n}', "one"],
  ])("does it right %s", (_what, text, name) => {
    const removed = removeJsonc(text, [name]);
    expect(parseJsonc(removed)).toMatchObject({ value: { two: 2 }, problems: [] });
    expect(parseJsonc(removed).value).not.toHaveProperty("one");
  });

  test("the only one leaves an empty object, and what is not there leaves the text alone", () => {
    expect(parseJsonc(removeJsonc('{ "a": { "b": 1 } }', ["a", "b"])).value).toEqual({ a: {} });
    expect(removeJsonc(LINES, ["four"])).toBe(LINES);
    expect(removeJsonc("", ["four"])).toBe("");
  });
});
