/**
 * Answers to a refresh that say too little, or too much: nothing rotated is lost, and no token lives for ever.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readRefresh, type RefreshGrant, requestRefresh } from "../../src/oauth/token.ts";
import type { TokenContext } from "../../src/oauth/token_request.ts";
import type { Tokens } from "../../src/oauth/tokens.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

const NOW = new Date();
const EPOCH = Math.floor(NOW.getTime() / 1000);
const OLD: Tokens = {
  accessToken: "old-access",
  tokenType: "Bearer",
  refreshToken: "old-refresh",
  scope: ["a", "b"],
  expiresAt: new Date(NOW.getTime() - 1000),
};

let server: TestServer;
beforeAll(() => void (server = serve(() => Response.json({}))));
afterAll(() => server[Symbol.asyncDispose]());

function contextOf(entry: Entry = {}): TokenContext {
  return contextFor(providerAt(server.origin, entry), { now: () => NOW });
}

function answer(body: unknown): void {
  server.answer = () => Response.json(body);
}

async function refresh(context: TokenContext, tokens = OLD): Promise<RefreshGrant> {
  const session = { tokens, kept: {} };
  return readRefresh(context, session, await requestRefresh(context, session));
}

/** The time `seconds` from now. */
function at(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}

/** A JSON Web Token that nobody signed. */
function jwt(claims: object): string {
  return ["{}", JSON.stringify(claims), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");
}

test("a refresh returns a rotated token also where the answer calls itself an error", async () => {
  for (const error of ["invalid_grant", "temporarily_unavailable", "weird"]) {
    answer({ access_token: "new", refresh_token: "rotated", error });
    const { tokens, failure } = await refresh(contextOf());
    expect(failure?.message).toContain(error);
    expect(tokens).toMatchObject({ refreshToken: "rotated", accessToken: "old-access" });
  }
});

test("a refresh finds a rotated token where the entry says that it stands", async () => {
  answer({ ok: false, error: "weird", data: { next: "rotated" } });
  const response = { error: { at: "/ok", unless: true }, map: { refresh_token: "/data/next" } };
  const { tokens, failure } = await refresh(contextOf({ refresh: { response } }));
  expect(failure).toMatchObject({ code: "weird" });
  expect(tokens.refreshToken).toBe("rotated");
});

test("a refresh takes `error: false` for what it says", async () => {
  answer({ access_token: "new", refresh_token: "rotated", expires_in: 60, error: false });
  const { tokens, failure } = await refresh(contextOf());
  expect(failure).toBeUndefined();
  expect(tokens).toMatchObject({ accessToken: "new", refreshToken: "rotated" });
});

test("a refresh refuses a token that is bound to a key, which nobody asked for, and keeps the rotated one", async () => {
  answer({ access_token: "new", refresh_token: "rotated", token_type: "DPoP" });
  const { tokens, failure } = await refresh(contextOf());
  expect(failure).toMatchObject({ code: "unrequested_dpop", exitStatus: 1 });
  expect(tokens).toMatchObject({ refreshToken: "rotated", accessToken: "old-access" });
});

describe("a refresh without expires_in", () => {
  test("the token lives as long as the one before", async () => {
    answer({ access_token: "new" });
    const { tokens } = await refresh(contextOf(), { ...OLD, lifetimeSeconds: 3600 });
    expect(tokens).toMatchObject({ expiresAt: at(3600), lifetimeSeconds: 3600 });
  });

  test("the entry's word counts before that", async () => {
    answer({ access_token: "new" });
    const entry = { refresh: { response: { default_expires_in: 900 } } };
    const { tokens } = await refresh(contextOf(entry), { ...OLD, lifetimeSeconds: 3600 });
    expect(tokens).toMatchObject({ expiresAt: at(900), lifetimeSeconds: 900 });
  });

  test("a token that says its end itself is believed, by the provider's clock", async () => {
    const sentAt = EPOCH - 5000; // this machine is ahead
    server.answer = () =>
      Response.json(
        { access_token: jwt({ iat: sentAt - 30, exp: sentAt + 600 }) },
        { headers: { date: new Date(sentAt * 1000).toUTCString() } },
      );
    const { tokens } = await refresh(contextOf(), { ...OLD, lifetimeSeconds: 3600 });
    expect(tokens).toMatchObject({ expiresAt: at(600), lifetimeSeconds: 600 });
  });

  test.each([{}, { exp: "soon" }, { exp: 1e300 }, { exp: EPOCH - 5 }, { iat: EPOCH }])(
    "a token that says %p says nothing",
    async (claims) => {
      answer({ access_token: jwt(claims) });
      expect((await refresh(contextOf())).tokens).not.toHaveProperty("expiresAt");
    },
  );
});

describe("a refresh answered by a web page", () => {
  const page = (status: number): void =>
    void (server.answer = () => new Response("\n<!DOCTYPE html><title>Blocked</title>", { status }));

  test.each([
    [403, false],
    [404, false],
    [200, true],
  ])(
    "with %d fails for now, acted upon perhaps: %p; it is none of the provider's token endpoint",
    async (status, sent) => {
      page(status);
      const failure = await failureOf(() => refresh(contextOf()));
      expect(failure).toMatchObject({ code: "not_oauth", exitStatus: 3, sent });
      expect(failure.message).toContain(`HTTP ${status}`);
    },
  );

  test("with 502 is perhaps acted upon: the page is the provider's own", async () => {
    page(502);
    expect(await failureOf(() => refresh(contextOf()))).toMatchObject({
      code: "provider_unavailable",
      sent: true,
    });
  });

  test("ends the login where the entry says so of its status", async () => {
    page(403);
    const as = { "403": "invalid_grant" };
    const failure = await failureOf(() => refresh(contextOf({ refresh: { response: { error: { as } } } })));
    expect(failure).toMatchObject({ code: "invalid_grant", exitStatus: 4 });
  });
});
