/**
 * Refreshing tokens, against a server on loopback.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readRefresh, type RefreshGrant, requestRefresh } from "../../src/oauth/token.ts";
import type { TokenContext } from "../../src/oauth/token_request.ts";
import type { Tokens } from "../../src/oauth/tokens.ts";
import type { Entry } from "../../src/registry/schema.ts";
import {
  contextFor,
  createSigner,
  failureOf,
  providerAt,
  serve,
  type Signer,
  type TestServer,
} from "./fixtures.ts";

const ISSUER = "https://id.example";
const NOW = new Date();
const OLD: Tokens = {
  accessToken: "old-access",
  tokenType: "Bearer",
  refreshToken: "old-refresh-that-nobody-may-see",
  scope: ["a", "b"],
  expiresAt: new Date(NOW.getTime() - 1000),
};

let server: TestServer;
let signer: Signer;

beforeAll(async () => {
  signer = await createSigner();
  server = serve(() => Response.json({}));
});
beforeEach(() => void server.seen.splice(0));
afterAll(() => server[Symbol.asyncDispose]());

function contextOf(entry: Entry = {}, secret?: string): TokenContext {
  const provider = providerAt(server.origin, entry);
  return contextFor(provider, { now: () => NOW, ...(secret === undefined ? {} : { secret }) });
}

function answer(body: unknown, init?: ResponseInit): void {
  server.answer = ({ url }) =>
    url.pathname === "/keys" ? Response.json({ keys: [signer.jwk] }) : Response.json(body, init);
}

async function refresh(context: TokenContext, tokens = OLD, kept = {}): Promise<RefreshGrant> {
  const raw = await requestRefresh(context, { tokens, kept });
  return readRefresh(context, { tokens, kept }, raw);
}

test("a refresh that is refused names the account", async () => {
  answer({ error: "invalid_grant" }, { status: 400 });
  const context = contextOf();
  const called = { ...context, exchange: { ...context.exchange, account: "acme/three" } };
  const failure = await refresh(called).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: "invalid_grant" });
  expect(String(failure)).toContain('Cannot refresh "acme/three"');
});

describe("a refresh", () => {
  test("sends the refresh token, and replaces what the answer replaces (STANDARDS 19)", async () => {
    answer({ access_token: "new", refresh_token: "rotated", expires_in: 60, scope: "a" });
    const { tokens, failure } = await refresh(contextOf());
    expect(server.seen[0]?.form).toEqual({
      grant_type: "refresh_token",
      client_id: "client",
      refresh_token: OLD.refreshToken ?? "",
    });
    expect(failure).toBeUndefined();
    expect(tokens).toEqual({
      accessToken: "new",
      tokenType: "Bearer",
      refreshToken: "rotated",
      scope: ["a"],
      expiresAt: new Date(NOW.getTime() + 60_000),
      lifetimeSeconds: 60,
    });
  });

  test.each([undefined, null, ""])(
    "keeps refresh token and scope where the answer has %p (STANDARDS 19)",
    async (absent) => {
      answer({ access_token: "new", refresh_token: absent, scope: absent });
      const { tokens } = await refresh(contextOf());
      expect(tokens).toMatchObject({ refreshToken: OLD.refreshToken ?? "", scope: ["a", "b"] });
      expect(tokens).not.toHaveProperty("expiresAt");
    },
  );

  test("returns a rotated token together with the failure of a check, never throws it away", async () => {
    answer({ access_token: "not printable", refresh_token: "rotated" });
    const { tokens, failure } = await refresh(contextOf());
    expect(failure).toMatchObject({ code: "bad_token" });
    expect(tokens).toMatchObject({ refreshToken: "rotated", accessToken: "old-access" });
  });

  test("returns a rotated token also where the access token is missing", async () => {
    answer({ refresh_token: "rotated" });
    const { tokens, failure } = await refresh(contextOf());
    expect(failure).toMatchObject({ exitStatus: 1 });
    expect(tokens.refreshToken).toBe("rotated");
  });

  const failures: readonly (readonly [what: string, body: unknown, status: number, expected: object])[] = [
    [
      "invalid_grant: a login is needed",
      { error: "invalid_grant" },
      400,
      { exitStatus: 4, code: "invalid_grant" },
    ],
    [
      "a code mapped to invalid_grant: a login is needed",
      { error: { code: "refresh_token_reused" } },
      401,
      { exitStatus: 4, code: "invalid_grant" },
    ],
    ["invalid_client: configuration", { error: "invalid_client" }, 401, { exitStatus: 2 }],
    [
      "temporarily_unavailable: for now, and not acted upon",
      { error: "temporarily_unavailable" },
      400,
      { exitStatus: 3, sent: false },
    ],
    ["503: for now, and not acted upon", {}, 503, { exitStatus: 3, sent: false }],
    ["502: for now, and perhaps acted upon", {}, 502, { exitStatus: 3, sent: true }],
  ];
  test.each(failures)("%s", async (_what, body, status, expected) => {
    answer(body, { status });
    const as = { refresh_token_reused: "invalid_grant" };
    const failure = await failureOf(() => refresh(contextOf({ refresh: { response: { error: { as } } } })));
    expect(failure).toMatchObject(expected);
    expect(failure.message).not.toContain("nobody-may-see");
  });

  test("that fails with an error that repeats the refresh token is said without it", async () => {
    answer({ error: "invalid_grant", error_description: `${OLD.refreshToken} is over` }, { status: 400 });
    const { message } = await failureOf(() => refresh(contextOf()));
    expect(message).toEndWith("invalid_grant: … is over");
  });

  test("that fails with an error that repeats the request is said without any secret of it", async () => {
    const [id, secret] = ["client", "s3cret/of+nobody"];
    const refreshToken = "4/0AbC+d=of nobody";
    server.answer = ({ headers, text }) =>
      Response.json(
        { error: "invalid_request", error_description: `${headers.get("authorization")} ${text}` },
        { status: 400 },
      );
    for (const basic_encoding of ["form", "raw"] as const) {
      const context = contextOf({ basic_encoding, client_id: id }, secret);
      const { message } = await failureOf(() => refresh(context, { ...OLD, refreshToken }));
      expect(message).toContain("grant_type=refresh_token");
      expect(message).not.toMatch(/0AbC|nobody|Basic [A-Za-z0-9]/);
    }
  });

  test("inherits the token block but its params and endpoint; its own block wins", async () => {
    answer({ data: { at: "new" } });
    const token = {
      endpoint: `${server.origin}/exchange`,
      body: "json" as const,
      params: { only: "for the code" },
      rename: { client_id: "appid" },
      response: { map: { access_token: "/data/at" } },
    };
    const { tokens } = await refresh(contextOf({ token }));
    expect(tokens.accessToken).toBe("new");
    expect(server.seen[0]?.url.pathname).toBe("/token");
    expect(JSON.parse(server.seen[0]?.text ?? "")).toEqual({
      grant_type: "refresh_token",
      refresh_token: OLD.refreshToken,
      appid: "client",
    });
    await refresh(contextOf({ token, refresh: { body: "form", endpoint: `${server.origin}/renew` } }));
    expect(server.seen[1]?.url.pathname).toBe("/renew");
    expect(server.seen[1]?.form).toMatchObject({ appid: "client" });
  });

  test("fills kept values in, and keeps what its answer keeps", async () => {
    answer({ access_token: "new", shard: "eu2" });
    const entry: Entry = {
      refresh: { params: { realm: "{kept.realm}" }, response: { keep: { shard: "/shard" } } },
    };
    const { kept } = await refresh(contextOf(entry), OLD, { realm: "7", shard: "eu1" });
    expect(server.seen[0]?.form).toMatchObject({ realm: "7" });
    expect(kept).toEqual({ realm: "7", shard: "eu2" });
  });

  test("is not tried without a refresh token, or where the entry has none", async () => {
    const { refreshToken: _token, ...without } = OLD;
    const failure = { code: "no_refresh_token", exitStatus: 1 };
    expect(await failureOf(() => refresh(contextOf(), without))).toMatchObject(failure);
    expect(await failureOf(() => refresh(contextOf({ refresh: false })))).toMatchObject(failure);
    expect(server.seen).toEqual([]);
  });
});

describe("the id_token of a refresh (STANDARDS 61)", () => {
  const entry = (): Entry => ({
    issuer: ISSUER,
    jwks_uri: `${server.origin}/keys`,
    identity: { id_token: { subject: "/oid" } },
  });
  const sign = (more: object = {}): Promise<string> =>
    signer.sign({
      iss: ISSUER,
      aud: "client",
      sub: "alice",
      oid: "0001",
      iat: now(),
      exp: now() + 60,
      ...more,
    });
  const now = (): number => Math.floor(Date.now() / 1000);

  test("of the same person is stored, whatever names the person elsewhere", async () => {
    const [before, after] = [await sign(), await sign({ jti: "2" })];
    answer({ access_token: "new", id_token: after });
    const { tokens, failure } = await refresh(contextOf(entry()), { ...OLD, idToken: before });
    expect(failure).toBeUndefined();
    expect(tokens).toMatchObject({ accessToken: "new", idToken: after });
  });

  test("of another person is a failure, and the rotated token is kept", async () => {
    const before = await sign();
    answer({ access_token: "new", refresh_token: "rotated", id_token: await sign({ sub: "mallory" }) });
    const { tokens, failure } = await refresh(contextOf(entry()), { ...OLD, idToken: before });
    expect(failure).toMatchObject({ code: "subject_changed" });
    expect(tokens).toMatchObject({ accessToken: "old-access", refreshToken: "rotated", idToken: before });
  });

  test("with a bad signature is a failure, and the rotated token is kept", async () => {
    const forger = await createSigner();
    const forged = await forger.sign({
      iss: ISSUER,
      aud: "client",
      sub: "alice",
      iat: now(),
      exp: now() + 60,
    });
    answer({ access_token: "new", refresh_token: "rotated", id_token: forged });
    const { tokens, failure } = await refresh(contextOf(entry()), { ...OLD, idToken: await sign() });
    expect(failure).toBeDefined();
    expect(tokens.refreshToken).toBe("rotated");
  });

  test("of another issuer that the template allows too is a failure", async () => {
    const issuer = "https://login.example/{claims.tid}/v2.0";
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
    const from = (tid: string): Promise<string> => sign({ tid, iss: issuer.replace("{claims.tid}", tid) });
    answer({ access_token: "new", id_token: await from(two) });
    const context = contextOf({ ...entry(), id_token: { issuer } });
    const { failure } = await refresh(context, { ...OLD, idToken: await from(one) });
    expect(failure).toMatchObject({ code: "subject_changed" });
  });

  test("may be absent, and the old one stays", async () => {
    const before = await sign();
    answer({ access_token: "new" });
    const { tokens } = await refresh(contextOf(entry()), { ...OLD, idToken: before });
    expect(tokens).toMatchObject({ accessToken: "new", idToken: before });
  });
});
