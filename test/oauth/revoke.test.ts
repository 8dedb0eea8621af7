/**
 * Ending a login at the provider.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { revoke } from "../../src/oauth/revoke.ts";
import type { Tokens } from "../../src/oauth/tokens.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

const TOKENS: Tokens = {
  accessToken: "access-secret",
  tokenType: "Bearer",
  refreshToken: "refresh-secret",
  scope: [],
};
const { refreshToken: _refreshToken, ...ACCESS_ONLY } = TOKENS;

let server: TestServer;
beforeAll(() => void (server = serve(() => new Response())));
beforeEach(() => {
  server.seen.splice(0);
  server.answer = () => new Response();
});
afterAll(() => server[Symbol.asyncDispose]());

function end(entry: Entry = {}, tokens: Tokens = TOKENS, secret?: string): Promise<boolean> {
  const provider = providerAt(server.origin, { revocation_endpoint: `${server.origin}/revoke`, ...entry });
  return revoke(contextFor(provider, secret === undefined ? {} : { secret }), {
    tokens,
    kept: { region: "eu" },
  });
}

test("the refresh token is revoked first, in the body, with its hint (STANDARDS 55, 57)", async () => {
  expect(await end()).toBe(true);
  const [seen, ...more] = server.seen;
  expect(more).toEqual([]);
  expect(seen?.form).toEqual({
    token: "refresh-secret",
    token_type_hint: "refresh_token",
    client_id: "client",
  });
  expect(seen?.url.search).toBe("");
});

test("the access token is revoked where there is no other (STANDARDS 55)", async () => {
  await end({}, ACCESS_ONLY);
  expect(server.seen[0]?.form).toMatchObject({ token: "access-secret", token_type_hint: "access_token" });
});

test("a client with a secret authenticates as at the token endpoint", async () => {
  await end({}, TOKENS, "s3cret");
  expect(server.seen[0]?.headers.get("authorization")).toBe(`Basic ${btoa("client:s3cret")}`);
});

describe("the answer", () => {
  const cases: readonly (readonly [what: string, answer: () => Response])[] = [
    ["200 without a body", () => new Response()],
    ["200 for an unknown token", () => Response.json({})],
    ["204", () => new Response(null, { status: 204 })],
    ["a page", () => new Response("<html>bye</html>")],
  ];
  test.each(cases)("%s is success (STANDARDS 55)", async (_what, answer) => {
    server.answer = answer;
    expect(await end()).toBe(true);
  });

  test.each([503, 429, 500])("%d is for now (STANDARDS 55)", async (status) => {
    server.answer = () => new Response(null, { status });
    expect(await failureOf(() => end())).toMatchObject({ exitStatus: 3 });
  });

  test("an error is said, with what to do", async () => {
    server.answer = () => Response.json({ error: "unsupported_token_type" }, { status: 400 });
    const failure = await failureOf(() => end());
    expect(failure).toMatchObject({ code: "revocation_refused", hint: expect.stringContaining("by hand") });
    expect(failure.message).toContain("unsupported_token_type");
    expect(failure.message).not.toContain("secret");
  });
});

test("a provider that offers no way is told nothing", async () => {
  const provider = providerAt(server.origin);
  expect(await revoke(contextFor(provider), { tokens: TOKENS, kept: {} })).toBe(false);
  expect(server.seen).toEqual([]);
});

test("a step may send JSON to a place of its own", async () => {
  await end({ revoke: { endpoint: `${server.origin}/end`, body: "json", omit: ["token_type_hint"] } });
  expect(server.seen[0]?.url.pathname).toBe("/end");
  expect(JSON.parse(server.seen[0]?.text ?? "")).toEqual({ token: "refresh-secret", client_id: "client" });
});

test("a step may DELETE with Basic authentication and parameters of its own", async () => {
  const params = { access_token: "{access_token}", region: "{kept.region}" };
  const revoke: Entry["revoke"] = {
    method: "DELETE",
    body: "json",
    auth: "client_secret_basic",
    omit: ["token", "token_type_hint"],
    params,
  };
  await end({ revoke }, TOKENS, "s3cret");
  expect(server.seen[0]).toMatchObject({
    method: "DELETE",
    text: '{"access_token":"access-secret","region":"eu"}',
  });
  expect(server.seen[0]?.headers.get("authorization")).toBe(`Basic ${btoa("client:s3cret")}`);
});

test("a step may present the access token itself", async () => {
  await end({ revoke: { auth: "bearer", body: "none" } });
  expect(server.seen[0]?.headers.get("authorization")).toBe("Bearer access-secret");
  expect(server.seen[0]).toMatchObject({ text: "" });
});
