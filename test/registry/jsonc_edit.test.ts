import { describe, expect, test } from "bun:test";
import { parseJsonc } from "../../src/registry/jsonc.ts";
import { editJsonc } from "../../src/registry/jsonc_edit.ts";

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
