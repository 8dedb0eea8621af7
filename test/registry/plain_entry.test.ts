import { expect, test } from "bun:test";
import { isPlain } from "../../src/registry/plain_entry.ts";
import { schemaProblems } from "../../src/registry/schema_problems.ts";
import { meaningProblems } from "../../src/registry/meaning_problems.ts";
import { builtInEntries } from "../../src/registry/layers.ts";

/** Values that somebody may write: right, nearly right, and hostile. */
const VALUES: readonly unknown[] = [
  "x",
  "",
  "a".repeat(5000),
  "{tenant}",
  "https://id.acme.example",
  "https://id.acme.example/realms/x/",
  "https://id.acme.example/a.b/~c/d-e_f",
  "https://id.acme.example/../x",
  "https://id.acme.example/%2e%2e/x",
  "https://id.acme.example:8443/x",
  "https://user@id.acme.example/x",
  "https://id.acme.example\\@evil.example/",
  "https://id.acme.example/x?y=z",
  "https://id.acme.example/x#y",
  "https://127.0.0.1/x",
  "https://1.2.3/x",
  "https://a.0x7f/x",
  "https://-a.example/",
  "https://a..example/",
  "https://a.example//x",
  "https://xn--a.example/",
  "https://xn--nxasmq6b.example/",
  "https://ex\u0430mple.example/",
  "http://id.acme.example",
  "http://127.0.0.1:80/",
  "verified",
  "sure",
  ["openid"],
  [],
  [""],
  [1],
  null,
  1,
  true,
  {},
];

const FIELDS =
  "name docs register_url register_hint notice client_id tier scopes issuer authorization_endpoint token_endpoint revocation_endpoint userinfo_endpoint jwks_uri client_secret extends discovery redirect pkce unknown constructor".split(
    " ",
  );

function isRight(id: string, raw: Record<string, unknown>): boolean {
  const shape = schemaProblems(id, raw);
  return shape.length === 0 && meaningProblems(raw, { variables: [], hosts: {} }).length === 0;
}

test("isPlain() is true of an everyday entry", () => {
  const entry = {
    issuer: "https://id.acme.example",
    client_id: "abc",
    scopes: ["openid", "profile"],
    name: "Acme",
  };
  expect(isPlain("acme", entry)).toBe(true);
});

test("isPlain() never takes an entry in which a whole check finds something", () => {
  let taken = 0;
  for (const field of FIELDS) {
    for (const value of VALUES) {
      const raw = { issuer: "https://id.acme.example", [field]: value };
      if (!isPlain("acme", raw)) continue;
      taken += 1;
      expect({ raw, right: isRight("acme", raw) }).toEqual({ raw, right: true });
    }
  }
  expect(taken).toBeGreaterThan(20);
});

test.each(["Acme", "", "a b", "-a", "__proto__", "a".repeat(70)])("isPlain() refuses the id %p", (id) => {
  expect(isPlain(id, { issuer: "https://id.acme.example" })).toBe(false);
});

test("isPlain() needs to know where tokens come from", () => {
  expect(isPlain("acme", { client_id: "abc" })).toBe(false);
});

test("isPlain() agrees with the whole check on every built-in entry it takes", () => {
  for (const [id, raw] of builtInEntries()) {
    if (isPlain(id, raw)) expect([id, isRight(id, { ...raw })]).toEqual([id, true]);
  }
});
