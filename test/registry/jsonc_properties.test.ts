/**
 * What must hold of every document: the quick reader agrees with the careful one, and an edit changes nothing else.
 *
 * @module
 */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseJsonc } from "../../src/registry/jsonc.ts";
import { editJsonc } from "../../src/registry/jsonc_edit.ts";
import { readPlainJson } from "../../src/registry/plain_json.ts";

const RUNS = { numRuns: Number(Bun.env["KEYFOB_ROUNDS"] ?? 3) * 200 };

/** White space and comments, as people leave them anywhere. */
const noise = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("", " ", "\n  ", "\t") },
  fc.nat().map((mark) => ` // c${mark}, "x": {\n`),
  fc.nat().map((mark) => `/* c${mark} ] */`),
);

const text = fc.oneof(
  fc.constantFrom('"a"', '"b"', '"//"', '"/*"', '"\\""', '":"', '",]"', '"\\\\"', '"x: {"'),
  fc.string({ maxLength: 6 }).map((value) => JSON.stringify(value)),
);

const { value: document } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(text, fc.constantFrom("1", "-2.5e3", "true", "null", "{}", "[]")),
    members(
      fc.tuple(text, noise, tie("value")).map(([name, gap, value]) => `${name}${gap}:${value}`),
      "{}",
    ),
    members(tie("value"), "[]"),
  ),
}));

/** An object or a list: members with noise around them, and perhaps a comma that nothing follows. */
function members(member: fc.Arbitrary<string>, [open, close]: string): fc.Arbitrary<string> {
  const noisy = fc.tuple(noise, member, noise).map((parts) => parts.join(""));
  return fc
    .tuple(fc.array(noisy, { maxLength: 4 }), fc.boolean(), noise)
    .map(([all, comma, end]) => `${open}${all.join(",")}${comma && all.length > 0 ? "," : ""}${end}${close}`);
}

/** As the careful way reads it: an escape in a comment keeps the quick one out. */
function careful(source: string): ReturnType<typeof parseJsonc> {
  return parseJsonc(`${source}\n// "\\u0020"`);
}

test("whatever the quick reader takes, the careful one reads alike and finds nothing wrong with", () => {
  let taken = 0;
  fc.assert(
    fc.property(document, (source) => {
      const quick = readPlainJson(source, 64);
      if (quick === undefined) return;
      taken += 1;
      const { value, problems } = careful(source);
      expect(problems).toEqual([]);
      expect(quick.value).toEqual(value);
    }),
    RUNS,
  );
  expect(taken).toBeGreaterThan(RUNS.numRuns / 4);
});

test("whatever the careful reader finds wrong, the quick one leaves to it, also in broken texts", () => {
  const broken = fc
    .tuple(document, fc.nat(), fc.constantFrom("", ",", '"', "{", "]", "/*", "\\", ":", "//"))
    .map(([source, at, piece]) => {
      const cut = at % (source.length + 1);
      return source.slice(0, cut) + piece + source.slice(cut + 1);
    });
  fc.assert(
    fc.property(broken, (source) => {
      if (careful(source).problems.length > 0) expect(readPlainJson(source, 64)).toBeUndefined();
    }),
    RUNS,
  );
});

test("an edit sets its value, keeps every other one, and loses no comment", () => {
  const entry = fc.tuple(noise, noise, document).map(([before, after, value]) => {
    return `{${before}"providers": {${after}"acme": {"x": ${value}${after}}}${before}}`;
  });
  const wanted = fc.constantFrom<readonly [path: string[], value: unknown]>(
    [["providers", "acme", "client_id"], "abc"],
    [["providers", "new"], { issuer: "https://a.example", scopes: ["a"] }],
    [["providers", "acme", "redirect", "port"], 1],
  );
  fc.assert(
    fc.property(entry, wanted, (source, [path, value]) => {
      const before = careful(source);
      if (before.problems.length > 0) return;
      const edited = editJsonc(source, path, value);
      const after = parseJsonc(edited);
      expect(after.problems).toEqual([]);
      expect(after.value).toEqual(merged(before.value, path, value));
      expect(comments(edited)).toEqual(comments(source));
    }),
    RUNS,
  );
});

function merged(value: unknown, [name, ...rest]: readonly string[], set: unknown): unknown {
  if (name === undefined) return set;
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [name]: merged(object[name], rest, set) };
}

function comments(source: string): string[] {
  return source.match(/c\d+[, ]/g) ?? [];
}
