/**
 * The lints over every built-in entry, and a mistake for each to find.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { chainOf, fold } from "../../src/registry/chain.ts";
import { builtInEntries } from "../../src/registry/layers.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { domainsOf, FAMILIES, LINTS } from "./lints.ts";

const CATALOG = { builtIn: builtInEntries(), sources: [] };
const ENTRIES = [...CATALOG.builtIn.keys()].map((id): [string, Entry] => [id, fold(chainOf(CATALOG, id))]);

describe("every built-in entry", () => {
  for (const [wish, lint] of Object.entries(LINTS)) {
    test(wish, () => {
      const found = ENTRIES.flatMap(([id, entry]) => lint(entry).map((problem) => `${id}: ${problem}`));
      expect(found).toEqual([]);
    });
  }

  test("ships no client but the one of OpenAI's own tool (REGISTRY.md)", () => {
    const clients = ENTRIES.filter(
      ([, entry]) => entry.client_id !== undefined || entry.client_secret !== undefined,
    );
    expect(clients.map(([id]) => id)).toEqual(["openai"]);
  });

  test("stands in order, and is one of at least 171", () => {
    const ids = ENTRIES.map(([id]) => id);
    expect(ids).toEqual(ids.toSorted());
    expect(ids.length).toBeGreaterThanOrEqual(171);
  });
});

test("the allow-list of domains has no line that nothing needs", () => {
  const mixes = ENTRIES.map(([, entry]) => domainsOf(entry));
  const idle = FAMILIES.filter(([, ...family]) => {
    return !mixes.some((domains) => domains.filter((domain) => family.includes(domain)).length > 1);
  });
  expect(idle).toEqual([]);
});

const MISTAKES: Readonly<Record<keyof typeof LINTS, Entry>> = {
  "keeps to one registrable domain, or to an explained family": {
    authorization_endpoint: "https://a.example/authorize",
    token_endpoint: "https://b.example/token",
  },
  "speaks https alone": { token_endpoint: "http://a.example/token" },
  "uses every variable and every list of hosts that it declares": { variables: { tenant: {} } },
  "uses only values that it keeps": { whoami: { params: { id: "{kept.openid}" } } },
  "has no scope with a separator in it": { scopes: ["read,write"] },
  "says where the provider documents it": {},
  "says how a client with a secret authenticates": {
    client_secret_use: "required",
    token_endpoint_auth_methods_supported: ["none"],
  },
  "names unverified endpoints that it has": { unverified_endpoints: ["revocation_endpoint"] },
  "says whether two sources agree, and how PKCE is done": {
    authorization_endpoint: "https://a.example/authorize",
  },
  "names one place for each purpose": {
    revocation_endpoint: "https://a.example/revoke",
    revoke: { endpoint: "https://a.example/token" },
  },
};

describe("finds the mistake in an entry that does not do so:", () => {
  for (const [wish, lint] of Object.entries(LINTS)) {
    test(wish, () => expect(lint(MISTAKES[wish]!)).not.toEqual([]));
  }
});
