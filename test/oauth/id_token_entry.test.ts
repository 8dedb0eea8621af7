/**
 * How entries change what an id_token must be: templates, TLS alone, none at all, keys.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { redeem } from "../../src/oauth/token.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, createSigner, failureOf, providerAt } from "./fixtures.ts";
import { claims, IdTokenBench, ISSUER, NONCE, seconds } from "./id_token_fixture.ts";

const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";

let bench: IdTokenBench;
beforeAll(async () => void (bench = await IdTokenBench.open()));
afterAll(() => bench.server[Symbol.asyncDispose]());

describe("the issuer template {claims.tid}", () => {
  const entry: Entry = { id_token: { issuer: "https://login.example/{claims.tid}/v2.0" } };
  const from = (tid: unknown, iss: string): Promise<string> => bench.signer.sign(claims({ tid, iss }));

  test("is filled with a GUID of the token itself (STANDARDS 34)", async () => {
    const token = await from(TENANT, `https://login.example/${TENANT}/v2.0`);
    expect((await bench.redeem(token, { entry })).claims).toMatchObject({ tid: TENANT });
  });

  test.each(["evil/..", "evil", `${TENANT}/../x`, `${TENANT}\n`, "", undefined, 7])(
    "is not filled with %p",
    async (tid) => {
      await bench.refusal(await from(tid, `https://login.example/${String(tid)}/v2.0`), { entry });
    },
  );

  test("must be the token's issuer", async () => {
    const other = TENANT.replace("9", "8");
    await bench.refusal(await from(TENANT, `https://login.example/${other}/v2.0`), { entry });
  });
});

describe("validation: tls", () => {
  const entry: Entry = { id_token: { validation: "tls" } };

  test("skips the signature, and asks for no keys (OIDC Core 3.1.3.7 item 6)", async () => {
    const forger = await createSigner();
    const before = bench.server.seen.length;
    expect((await bench.redeem(await forger.sign(claims()), { entry })).claims).toMatchObject({
      sub: "alice",
    });
    expect(bench.server.seen.slice(before).map(({ url }) => url.pathname)).toEqual(["/token"]);
  });

  test("skips nothing else", async () => {
    const wrong = [
      { aud: "other" },
      { iss: "https://evil.example" },
      { nonce: "x" },
      { exp: seconds(-600) },
      { at_hash: "x" },
    ];
    for (const more of wrong) await bench.refusal(await bench.signer.sign(claims(more)), { entry });
  });
});

describe("no id_token", () => {
  test("is fine where none is required, with or without openid", async () => {
    expect((await bench.redeem(undefined)).claims).toBeUndefined();
  });

  test("is refused where the entry requires one", async () => {
    await bench.refusal(undefined, { entry: { id_token: { required: true } } });
  });
});

test("without an issuer to expect it from, an id_token is not believed, and no reason to fail", async () => {
  bench.idToken = await bench.signer.sign(claims({ iss: "https://anybody.example" }));
  const provider = providerAt(bench.server.origin);
  const attempt = { redirectUri: "http://127.0.0.1/", scope: [] };
  const grant = await redeem(contextFor(provider), attempt, { code: "c", callback: {} });
  expect(grant.claims).toBeUndefined();
  expect(grant.tokens).not.toHaveProperty("idToken");
});

test("without keys an id_token is refused with what to do", async () => {
  bench.idToken = await bench.signer.sign(claims());
  const { jwks_uri: _keys, ...provider } = providerAt(bench.server.origin, { issuer: ISSUER });
  const attempt = { redirectUri: "http://127.0.0.1/", nonce: NONCE, scope: [] };
  const failure = await failureOf(() => redeem(contextFor(provider), attempt, { code: "c", callback: {} }));
  expect(failure).toMatchObject({ code: "no_keys", hint: expect.stringContaining("jwks_uri") });
});

test("text that is no JSON Web Token is refused", async () => {
  for (const token of ["nonsense", "a.b.c", "e30.e30.", "..", "bnVsbA.bnVsbA.x"]) await bench.refusal(token);
});

test("claims that the entry keeps are kept", async () => {
  const entry: Entry = { id_token: { keep: { account: "/https:~1~1api.example~1auth/account_id" } } };
  const token = await bench.signer.sign(claims({ "https://api.example/auth": { account_id: "acct-1" } }));
  expect((await bench.redeem(token, { entry })).kept).toEqual({ account: "acct-1" });
});
