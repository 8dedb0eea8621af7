/**
 * What editors make of the published schema, by a validator that is not ours.
 *
 * @module
 */
import { expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020";
import { checkFile, jsonSchema } from "../../src/registry/registry.ts";
import { builtInEntries } from "../../src/registry/layers.ts";
import { registryOf } from "./files.ts";

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(jsonSchema());

function accepts(entry: unknown): boolean {
  return validate({ providers: { acme: entry } });
}

test("the built-in registry is right, entry by entry", () => {
  const entries = Array.from(builtInEntries());
  expect(entries.length).toBeGreaterThan(10);
  for (const [id, entry] of entries) {
    expect([id, validate({ providers: { [id]: entry } }), validate.errors]).toEqual([id, true, null]);
  }
});

test("the four lines of the documentation are right, with $schema, and null where it deletes", () => {
  const acme = { issuer: "https://id.acme.example", client_id: "abc", scopes: ["openid", "profile"] };
  expect(validate({ $schema: "./providers.schema.json", providers: { acme, zenith: null } })).toBe(true);
  expect(accepts({ ...acme, client_secret: null, token: { response: { map: null } } })).toBe(true);
});

const WRONG: readonly (readonly [what: string, entry: unknown])[] = [
  ["an unknown field", { issuer: "https://a.example", clientid: "x" }],
  ["an unknown field of a step", { token: { parms: {} } }],
  ["a choice that does not exist", { pkce: "maybe" }],
  ["a number for text", { client_id: 5 }],
  ["text for a list", { scopes: "openid" }],
  ["a port that cannot be", { redirect: { port: 70_000 } }],
  ["a path without a slash", { redirect: { path: "callback" } }],
  ["a pointer that is none", { token: { response: { map: { access_token: "data.token" } } } }],
  ["two sources of one secret", { client_secret: { env: "A", file: "/b" } }],
  ["a secret without a source", { client_secret: {} }],
  ["an entry that is no object", "acme"],
];

test.each(WRONG)("%s is refused by the schema and by keyfob alike", async (_, entry) => {
  expect(accepts(entry)).toBe(false);
  await using opened = await registryOf({ user: { providers: { acme: entry } } });
  expect(await checkFile(opened.paths.registryFile)).not.toEqual([]);
});

test("a file without providers, and an id that cannot be, are refused", () => {
  expect(validate({})).toBe(false);
  expect(validate({ providers: { "Not An Id": {} } })).toBe(false);
  expect(validate({ providers: {}, other: 1 })).toBe(false);
});
