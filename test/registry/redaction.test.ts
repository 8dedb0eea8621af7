import { expect, test } from "bun:test";
import { redacted } from "../../src/registry/registry.ts";
import { providers, registryOf } from "./files.ts";

async function shown(fields: object): Promise<ReturnType<typeof redacted>> {
  await using opened = await registryOf({
    user: providers({ acme: { issuer: "https://a.example", client_id: "abc", ...fields } }),
  });
  return redacted(opened.registry.resolve("acme", {}));
}

test("redacted() puts stars for a secret and keeps the rest", async () => {
  expect(await shown({ client_secret: "hush" })).toMatchObject({ client_id: "abc", client_secret: "***" });
});

test("redacted() shows where a secret is kept, without a command's arguments", async () => {
  expect((await shown({ client_secret: { env: "ACME" } })).client_secret).toEqual({ env: "ACME" });
  expect((await shown({ client_secret: { command: ["pass", "show", "acme"] } })).client_secret).toEqual({
    command: ["pass", "***", "***"],
  });
});

test("redacted() finds fixed secrets among headers and parameters, and leaves placeholders", async () => {
  const provider = await shown({
    token: {
      headers: { "X-Api-Key": "hush", Accept: "application/json" },
      params: { client_secret: "hush" },
    },
    revoke: { params: { access_token: "{access_token}" } },
  });
  expect(JSON.stringify(provider)).not.toContain("hush");
  expect(provider.token?.headers).toEqual({ "X-Api-Key": "***", Accept: "application/json" });
  expect(provider.revoke?.params).toEqual({ access_token: "{access_token}" });
});

test("redacted() finds fixed secrets in the queries of addresses, and leaves the rest of them", async () => {
  const provider = await shown({
    token_endpoint: "https://a.example/token?v=2&api%5Fkey=hush%26&x",
    revocation_endpoint: "https://a.example/revoke?token={client_id}&lang=en",
    exchange: [{ endpoint: "https://a.example/x?client_secret=hush" }],
  });
  expect(JSON.stringify(provider)).not.toContain("hush");
  expect(provider.token_endpoint).toBe("https://a.example/token?v=2&api%5Fkey=***&x");
  expect(provider.revocation_endpoint).toBe("https://a.example/revoke?token={client_id}&lang=en");
  expect(provider.exchange).toEqual([{ endpoint: "https://a.example/x?client_secret=***" }]);
});
