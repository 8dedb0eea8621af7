/**
 * Redeeming codes, against a server on loopback.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { redeem } from "../../src/oauth/token.ts";
import type { TokenContext } from "../../src/oauth/token_request.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

const NOW = new Date();

let server: TestServer;
beforeAll(() => void (server = serve(() => Response.json({}))));
beforeEach(() => void server.seen.splice(0));
afterAll(() => server[Symbol.asyncDispose]());

function contextOf(entry: Entry = {}): TokenContext {
  return contextFor(providerAt(server.origin, entry), { now: () => NOW });
}

function answer(body: unknown, init?: ResponseInit): void {
  server.answer = () => Response.json(body, init);
}

const attempt = {
  redirectUri: "http://127.0.0.1:5000/callback",
  codeVerifier: "verifier-that-nobody-may-see",
  scope: ["a", "b"],
};
const accepted = { code: "code-that-nobody-may-see", callback: { realmId: "7" } };

describe("a code exchange", () => {
  test("sends code, verifier and the same redirect_uri, and no state (STANDARDS 16)", async () => {
    answer({ access_token: "new", expires_in: 60, refresh_token: "r", scope: "a" });
    const { tokens } = await redeem(contextOf(), attempt, accepted);
    expect(server.seen[0]?.form).toEqual({
      grant_type: "authorization_code",
      client_id: "client",
      code: accepted.code,
      redirect_uri: attempt.redirectUri,
      code_verifier: attempt.codeVerifier,
    });
    const expiresAt = new Date(NOW.getTime() + 60_000);
    expect(tokens).toEqual({
      accessToken: "new",
      tokenType: "Bearer",
      refreshToken: "r",
      scope: ["a"],
      expiresAt,
      lifetimeSeconds: 60,
    });
  });

  test("takes the scope that was asked for where the answer says none (RFC 6749 section 5.1)", async () => {
    answer({ access_token: "new" });
    const { tokens } = await redeem(contextOf(), attempt, accepted);
    expect(tokens.scope).toEqual(["a", "b"]);
    expect(tokens).not.toHaveProperty("expiresAt");
  });

  test("refuses a token that is bound to a key, which nobody asked for", async () => {
    answer({ access_token: "new", token_type: "DPoP" });
    const failure = await failureOf(() => redeem(contextOf(), attempt, accepted));
    expect(failure).toMatchObject({ code: "unrequested_dpop", exitStatus: 1 });
  });

  test("keeps no refresh token where the entry says that there is none", async () => {
    answer({ access_token: "new", refresh_token: "r" });
    const { tokens } = await redeem(contextOf({ refresh: false }), attempt, accepted);
    expect(tokens).not.toHaveProperty("refreshToken");
  });

  test("fills the entry's block with code, callback values and redirect_uri", async () => {
    answer({ access_token: "new" });
    const params = { realm: "{callback.realmId}", again: "{code}", back: "{redirect_uri}" };
    await redeem(contextOf({ token: { body: "json", omit: ["redirect_uri"], params } }), attempt, accepted);
    expect(JSON.parse(server.seen[0]?.text ?? "")).toMatchObject({
      realm: "7",
      again: accepted.code,
      back: attempt.redirectUri,
    });
    expect(server.seen[0]?.text).not.toContain('"redirect_uri"');
  });

  const failures: readonly (readonly [what: string, body: unknown, status: number, expected: object])[] = [
    [
      "invalid_grant: a login is needed",
      { error: "invalid_grant" },
      400,
      { exitStatus: 4, code: "invalid_grant" },
    ],
    [
      "invalid_client: configuration",
      { error: "invalid_client" },
      401,
      { exitStatus: 2, code: "invalid_client" },
    ],
    ["unauthorized_client: configuration", { error: "unauthorized_client" }, 400, { exitStatus: 2 }],
    ["any other error: failed", { error: "invalid_scope" }, 400, { exitStatus: 1, code: "invalid_scope" }],
    ["500: for now", {}, 500, { exitStatus: 3, sent: true }],
    ["429: for now", {}, 429, { exitStatus: 3, sent: false }],
    ["no access token: failed", { token_type: "bearer" }, 200, { exitStatus: 1, code: "invalid_answer" }],
    ["an access token that is a number: failed", { access_token: 7 }, 200, { exitStatus: 1 }],
  ];
  test.each(failures)("%s", async (_what, body, status, expected) => {
    answer(body, { status });
    const failure = await failureOf(() => redeem(contextOf(), attempt, accepted));
    expect(failure).toMatchObject(expected);
    expect(failure.message).not.toContain("nobody-may-see");
  });

  test("an error that repeats the code is said without it", async () => {
    const said = `code ${accepted.code} with ${attempt.codeVerifier} is wrong`;
    answer({ error: "invalid_grant", error_description: said }, { status: 400 });
    const { message } = await failureOf(() => redeem(contextOf(), attempt, accepted));
    expect(message).toEndWith("invalid_grant: code … with … is wrong");
  });

  test("a WWW-Authenticate header does not hide invalid_grant", async () => {
    answer(
      { error: "invalid_grant" },
      { status: 401, headers: { "www-authenticate": 'Bearer realm="x", error="invalid_token"' } },
    );
    expect(await failureOf(() => redeem(contextOf(), attempt, accepted))).toMatchObject({
      code: "invalid_grant",
    });
  });

  test.each(["with space", "line\nbreak", "ünicode", "nul\u0000", "del\u007f"])(
    "the access token %p is refused (STANDARDS 79)",
    async (token) => {
      answer({ access_token: token });
      const failure = await failureOf(() => redeem(contextOf(), attempt, accepted));
      expect(failure).toMatchObject({ code: "bad_token" });
      expect(failure.message).not.toContain(token);
    },
  );

  test("a redirect of the token endpoint is refused", async () => {
    server.answer = () =>
      new Response(null, { status: 307, headers: { location: `${server.origin}/elsewhere` } });
    expect(await failureOf(() => redeem(contextOf(), attempt, accepted))).toMatchObject({
      code: "endpoint_redirects",
    });
    expect(server.seen).toHaveLength(1);
  });
});
