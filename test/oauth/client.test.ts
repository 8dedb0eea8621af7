/**
 * How keyfob proves to a provider who it is, on the wire.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ConfigurationError } from "../../src/errors.ts";
import { chooseAuthMethod } from "../../src/oauth/client.ts";
import { requestToken } from "../../src/oauth/token_request.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, providerAt, serve, type TestServer } from "./fixtures.ts";

const SECRET = "se cret-_.~+/:%&=ü";
let server: TestServer;

beforeAll(() => void (server = serve(() => Response.json({ access_token: "a" }))));
afterAll(() => server[Symbol.asyncDispose]());

async function send(entry: Entry, secret?: string) {
  const provider = providerAt(server.origin, entry);
  const context = contextFor(provider, secret === undefined ? {} : { secret });
  await requestToken(context, {
    grantType: "authorization_code",
    parameters: { code: "c" },
    step: provider.token,
    values: { code: "c" },
  });
  const seen = server.seen.at(-1);
  if (seen === undefined) throw new Error("nothing came");
  const basic = seen.headers.get("authorization")?.replace("Basic ", "");
  return {
    form: seen.form,
    basic: basic === undefined ? undefined : Buffer.from(basic, "base64").toString(),
    seen,
  };
}

test("without a secret only the client id goes, whatever the methods say", async () => {
  const { form, basic } = await send({ token_endpoint_auth_methods_supported: ["client_secret_basic"] });
  expect(form).toEqual({ grant_type: "authorization_code", code: "c", client_id: "client" });
  expect(basic).toBeUndefined();
});

test("with a secret and no declared method it is client_secret_basic (STANDARDS 36)", async () => {
  const { form, basic } = await send({ client_id: "cl:ient" }, SECRET);
  expect(form).toEqual({ grant_type: "authorization_code", code: "c" });
  expect(basic).toStartWith("cl%3Aient:");
});

test("Basic form-encodes id and secret (STANDARDS 63)", async () => {
  const { basic } = await send({}, SECRET);
  const encoded = new URLSearchParams({ s: SECRET }).toString().slice(2);
  const [id, secret = ""] = basic?.split(":") ?? [];
  expect(id).toBe("client");
  expect(new URLSearchParams(`s=${secret}`).get("s")).toBe(SECRET);
  expect(secret.toUpperCase()).toContain("SE+CRET");
  expect(new URLSearchParams(`s=${encoded}`).get("s")).toBe(SECRET);
});

test("Basic is raw where the entry says so", async () => {
  const { basic } = await send({ basic_encoding: "raw" }, SECRET);
  expect(basic).toBe(`client:${SECRET}`);
});

test("client_secret_post puts both into the body and nothing into a header", async () => {
  const { form, basic } = await send(
    { token_endpoint_auth_methods_supported: ["client_secret_post"] },
    SECRET,
  );
  expect(form).toMatchObject({ client_id: "client", client_secret: SECRET });
  expect(basic).toBeUndefined();
});

test("the block of a step may choose another method, and JSON carries it too", async () => {
  const { seen } = await send({ token: { auth: "client_secret_post", body: "json" } }, SECRET);
  expect(JSON.parse(seen.text)).toEqual({
    grant_type: "authorization_code",
    code: "c",
    client_id: "client",
    client_secret: SECRET,
  });
  expect(seen.headers.get("content-type")).toBe("application/json");
  expect(seen.headers.has("authorization")).toBe(false);
});

test("a secret stands in no address", async () => {
  for (const method of ["client_secret_post", "client_secret_basic"]) {
    const { seen } = await send({ token_endpoint_auth_methods_supported: [method] }, "s3cret");
    expect(seen.url.href).toBe(`${server.origin}/token`);
  }
});

describe("the method", () => {
  const cases: readonly (readonly [declared: string[] | undefined, hasSecret: boolean, chosen: string])[] = [
    [undefined, true, "client_secret_basic"],
    [[], true, "client_secret_basic"],
    [["private_key_jwt", "client_secret_post", "client_secret_basic"], true, "client_secret_post"],
    [["private_key_jwt", "none"], true, "none"],
    [["client_secret_post"], false, "none"],
    [["private_key_jwt"], false, "none"],
  ];
  test.each(cases)("for %p, with a secret: %p, is %s", (declared, hasSecret, chosen) => {
    const entry = declared === undefined ? {} : { token_endpoint_auth_methods_supported: declared };
    expect(chooseAuthMethod(providerAt("https://id.example", entry), hasSecret)).toBe(chosen as never);
  });

  test("is an error of configuration where keyfob speaks none of them", () => {
    const provider = providerAt("https://id.example", {
      token_endpoint_auth_methods_supported: ["private_key_jwt", "tls_client_auth"],
    });
    expect(() => chooseAuthMethod(provider, true)).toThrow(ConfigurationError);
    expect(() => chooseAuthMethod(provider, true)).toThrow('"private_key_jwt", "tls_client_auth"');
  });
});
