/**
 * Exchanges after the code exchange.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { exchangeFurther } from "../../src/oauth/further_exchange.ts";
import type { Grant } from "../../src/oauth/grant.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

const NOW = new Date();
const GRANT: Grant = {
  tokens: { accessToken: "short", tokenType: "Bearer", refreshToken: "r", scope: ["a"] },
  claims: { sub: "alice" },
  fields: {},
  kept: { first: "1" },
};

let server: TestServer;
beforeAll(() => void (server = serve(() => new Response())));
beforeEach(() => void server.seen.splice(0));
afterAll(() => server[Symbol.asyncDispose]());

function exchange(steps: NonNullable<Entry["exchange"]>, grant = GRANT): Promise<Grant> {
  const context = contextFor(providerAt(server.origin, { exchange: steps }), { now: () => NOW });
  return exchangeFurther(context, grant, { realmId: "7" });
}

test("without steps the grant stays as it is, and nobody is asked", async () => {
  expect(await exchange([])).toEqual(GRANT);
  expect(server.seen).toEqual([]);
});

test("each step replaces what it says and keeps the rest, and knows what came before", async () => {
  server.answer = ({ url }) =>
    url.pathname === "/long"
      ? Response.json({ access_token: "long", expires_in: "60", instance: "eu" })
      : Response.json({ data: { token: "instance-token" } });
  const grant = await exchange([
    {
      endpoint: `${server.origin}/long`,
      params: { token: "{access_token}", realm: "{callback.realmId}" },
      response: { keep: { instance: "/instance" } },
    },
    {
      endpoint: `${server.origin}/instance/{kept.instance}`,
      auth: "bearer",
      body: "json",
      response: { map: { access_token: "/data/token" } },
    },
  ]);
  const [first, second] = server.seen;
  expect(first?.form).toEqual({ client_id: "client", token: "short", realm: "7" });
  expect(second?.url.pathname).toBe("/instance/eu");
  expect(second?.headers.get("authorization")).toBe("Bearer long");
  expect(grant).toEqual({
    ...GRANT,
    tokens: { ...GRANT.tokens, accessToken: "instance-token" },
    kept: { first: "1", instance: "eu" },
  });
});

test("the life of a token that was exchanged away says nothing of the new one", async () => {
  const life = { expiresAt: new Date(NOW.getTime() + 60_000), lifetimeSeconds: 60 };
  const brief = { ...GRANT, tokens: { ...GRANT.tokens, ...life } };
  server.answer = () => Response.json({ access_token: "long-lived" });
  const { tokens } = await exchange([{}], brief);
  expect(tokens).toEqual({ ...GRANT.tokens, accessToken: "long-lived" });
  server.answer = () => Response.json({ instance: "eu" });
  expect((await exchange([{}], brief)).tokens).toEqual(brief.tokens);
  server.answer = () => Response.json({ access_token: "long-lived", expires_in: 90 });
  expect((await exchange([{}], brief)).tokens).toMatchObject({ lifetimeSeconds: 90 });
});

test("an exchanged token that is bound to a key is refused", async () => {
  server.answer = () => Response.json({ access_token: "long-lived", token_type: "DPoP" });
  expect(await failureOf(() => exchange([{}]))).toMatchObject({ code: "unrequested_dpop" });
});

test("a refusal fails the login and says why", async () => {
  server.answer = () => Response.json({ error: { code: "bad_token" } }, { status: 400 });
  const failure = await failureOf(() => exchange([{}]));
  expect(failure).toMatchObject({ code: "exchange_refused", exitStatus: 1 });
  expect(failure.message).toContain("bad_token");
});

test("a provider that cannot answer now is said to be so", async () => {
  server.answer = () => new Response(null, { status: 503 });
  expect(await failureOf(() => exchange([{}]))).toMatchObject({ exitStatus: 3 });
});

test("an exchanged token with characters that no token may have is refused (STANDARDS 79)", async () => {
  server.answer = () => Response.json({ access_token: "two words" });
  expect(await failureOf(() => exchange([{}]))).toMatchObject({ code: "bad_token" });
});
