/**
 * Which id_tokens are believed: signature, algorithm, claims, at_hash.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { SignJWT } from "jose";
import type { Exchange } from "../../src/oauth/server.ts";
import { createSigner } from "./fixtures.ts";
import { claims, IdTokenBench, ISSUER, seconds, TOKEN } from "./id_token_fixture.ts";

let bench: IdTokenBench;
beforeAll(async () => void (bench = await IdTokenBench.open()));
afterAll(() => bench.server[Symbol.asyncDispose]());

test("a good one is believed, and its claims are known", async () => {
  const grant = await bench.redeem(await bench.signer.sign(claims({ email: "alice@example.test" })));
  expect(grant.claims).toMatchObject({ sub: "alice", email: "alice@example.test" });
  expect(grant.tokens).toMatchObject({ accessToken: TOKEN, tokenType: "Bearer", idToken: bench.idToken });
});

test.each(["ES256", "ES512", "EdDSA", "PS256", "RS256"])(
  "%s verifies where metadata or the entry names it (STANDARDS 59)",
  async (alg) => {
    const other = await createSigner(alg);
    const token = await other.sign(claims());
    const published = [bench.signer.jwk, other.jwk];
    const metadata = { issuer: ISSUER, id_token_signing_alg_values_supported: [alg] };
    expect((await bench.redeem(token, { metadata, published })).claims).toMatchObject({ sub: "alice" });
    expect((await bench.redeem(token, { entry: { id_token: { alg } }, published })).claims).toMatchObject({
      sub: "alice",
    });
    if (alg !== "RS256") await bench.refusal(token, { published });
  },
);

test("the key is chosen by its kid among several (STANDARDS 59)", async () => {
  const other = await createSigner();
  const published = [other.jwk, bench.signer.jwk];
  expect((await bench.redeem(await bench.signer.sign(claims()), { published })).claims).toMatchObject({
    sub: "alice",
  });
  await bench.refusal(await bench.signer.sign(claims(), { kid: other.jwk.kid ?? "" }), { published });
  await bench.refusal(await bench.signer.sign(claims(), { kid: "unknown" }), { published });
});

describe("keys that were fetched before the login", () => {
  const asked = (): number => bench.server.seen.filter(({ url }) => url.pathname === "/keys").length;

  test("serve, however long the person took", async () => {
    const before = asked();
    const keys = { keys: [bench.signer.jwk] } as NonNullable<Exchange["keys"]>;
    expect((await bench.redeem(await bench.signer.sign(claims()), { keys })).claims).toMatchObject({
      sub: "alice",
    });
    expect(asked()).toBe(before);
  });

  test("are fetched once more for a kid that is new (STANDARDS 59)", async () => {
    const [before, after] = [await createSigner(), await createSigner()];
    const keys = { keys: [before.jwk] } as NonNullable<Exchange["keys"]>;
    const token = await after.sign(claims());
    const asks = asked();
    const grant = await bench.redeem(token, { keys, published: [before.jwk, after.jwk] });
    expect(grant.claims).toMatchObject({ sub: "alice" });
    expect(asked()).toBe(asks + 1);
    await bench.refusal(token, { keys, published: [before.jwk] });
    expect(asked()).toBe(asks + 2);
  });
});

test("a signature by another key is refused", async () => {
  const forger = await createSigner();
  await bench.refusal(await forger.sign(claims(), { kid: bench.signer.jwk.kid ?? "" }));
});

test("a changed claim is refused", async () => {
  const [header, , signature] = (await bench.signer.sign(claims())).split(".");
  const changed = Buffer.from(JSON.stringify(claims({ sub: "mallory" }))).toString("base64url");
  await bench.refusal(`${header}.${changed}.${signature}`);
});

describe("alg", () => {
  const metadata = { issuer: ISSUER, id_token_signing_alg_values_supported: ["none", "HS256", "RS256"] };
  const unsigned = (): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "none" })}.${part(claims())}.`;
  };

  test("none is refused, though metadata lists it and TLS alone is trusted (STANDARDS 59)", async () => {
    await bench.refusal(unsigned());
    await bench.refusal(unsigned(), { metadata });
    await bench.refusal(unsigned(), { metadata, entry: { id_token: { validation: "tls" } } });
  });

  test("HS256 is refused, though metadata lists it and TLS alone is trusted", async () => {
    const key = new TextEncoder().encode("the client's secret, which is long enough");
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: "HS256" }).sign(key);
    await bench.refusal(token);
    await bench.refusal(token, { metadata });
    await bench.refusal(token, { metadata, entry: { id_token: { validation: "tls" } } });
  });
});

describe("claims", () => {
  const refused: readonly (readonly [what: string, claims: Record<string, unknown>])[] = [
    ["another audience (STANDARDS 58)", { aud: "other" }],
    ["audiences without the client (STANDARDS 58)", { aud: ["other", "another"] }],
    ["another issuer (STANDARDS 58)", { iss: "https://evil.example" }],
    ["the issuer with a slash (STANDARDS 58)", { iss: `${ISSUER}/` }],
    ["another authorized party (STANDARDS 58)", { aud: ["client", "other"], azp: "other" }],
    ["several audiences and no authorized party (STANDARDS 58)", { aud: ["client", "other"] }],
    ["an expiry in the past (STANDARDS 60)", { exp: seconds(-600) }],
    ["an issue time in the future (STANDARDS 60)", { iat: seconds(900), exp: seconds(9000) }],
    ["another nonce (STANDARDS 60)", { nonce: "other" }],
    ["no nonce though one was sent (STANDARDS 60)", { nonce: undefined }],
    ["no subject", { sub: undefined }],
    ["no expiry", { exp: undefined }],
  ];
  test.each(refused)("%s: refused", async (_what, more) => {
    await bench.refusal(await bench.signer.sign(claims(more)));
  });

  const accepted: readonly (readonly [what: string, claims: Record<string, unknown>])[] = [
    ["several audiences with the client as authorized party", { aud: ["client", "other"], azp: "client" }],
    ["an expiry within the skew of a clock", { exp: seconds(-100) }],
    ["an issue time within the skew of a clock", { iat: seconds(200) }],
    ["unknown claims", { x: { y: 1 } }],
  ];
  test.each(accepted)("%s: accepted", async (_what, more) => {
    expect((await bench.redeem(await bench.signer.sign(claims(more)))).claims).toMatchObject({
      sub: "alice",
    });
  });

  test("a wrong time is said to be the clock's", async () => {
    expect(await bench.refusal(await bench.signer.sign(claims({ exp: seconds(-600) })))).toMatchObject({
      code: "clock",
    });
    const future = claims({ iat: seconds(900), exp: seconds(9000) });
    expect(await bench.refusal(await bench.signer.sign(future))).toMatchObject({ code: "clock" });
  });
});

describe("at_hash (STANDARDS 60)", () => {
  const half = (algorithm: string, text: string): string => {
    const digest = createHash(algorithm).update(text).digest();
    return digest.subarray(0, digest.length / 2).toString("base64url");
  };

  test("of this access token is accepted, of another refused", async () => {
    const good = await bench.signer.sign(claims({ at_hash: half("sha256", TOKEN) }));
    expect((await bench.redeem(good)).claims).toMatchObject({ sub: "alice" });
    await bench.refusal(await bench.signer.sign(claims({ at_hash: half("sha256", "other") })));
  });

  test.each([
    ["EdDSA", "sha512"],
    ["ES512", "sha512"],
    ["ES384", "sha384"],
  ])("of %s is a %s", async (alg, hash) => {
    const other = await createSigner(alg);
    const options = { entry: { id_token: { alg } }, published: [other.jwk] };
    const good = await other.sign(claims({ at_hash: half(hash, TOKEN) }));
    expect((await bench.redeem(good, options)).claims).toMatchObject({ sub: "alice" });
    await bench.refusal(await other.sign(claims({ at_hash: half("sha256", TOKEN) })), options);
  });
});
