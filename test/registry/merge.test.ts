import { expect, test } from "bun:test";
import { merge, withoutDeletions } from "../../src/registry/merge.ts";

test("merge() goes deep into objects", () => {
  expect(merge({ a: { x: 1, y: 2 } }, { a: { y: 3 } })).toEqual({ a: { x: 1, y: 3 } });
});

test("merge() replaces arrays whole", () => {
  expect(merge({ scopes: ["a", "b"] }, { scopes: ["c"] })).toEqual({ scopes: ["c"] });
});

test("merge() deletes what null names, at any depth, and leaves no null behind", () => {
  expect(merge({ a: { x: 1, y: 2 }, b: 1 }, { a: { x: null }, b: null, c: { d: null } })).toEqual({
    a: { y: 2 },
    c: {},
  });
});

test("merge() replaces a secret whole: two sources of one secret would mean neither", () => {
  expect(merge({ client_secret: { env: "A" } }, { client_secret: { file: "/b" } })).toEqual({
    client_secret: { file: "/b" },
  });
});

test("merge() changes neither side and no prototype", () => {
  const lower = { a: { x: 1 } };
  const upper = Object.fromEntries([
    ["__proto__", { polluted: 1 }],
    ["a", { y: 2 }],
  ]);
  merge(lower, upper);
  expect(lower).toEqual({ a: { x: 1 } });
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("withoutDeletions() leaves false and the empty string alone", () => {
  expect(withoutDeletions({ refresh: false, a: "", b: null })).toEqual({ refresh: false, a: "" });
});
