/**
 * Which providers are ready for a request, and what is refused before anything is sent.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { keepSecret } from "../../src/accounts/client_secret.ts";
import { prepareProvider } from "../../src/accounts/prepared_provider.ts";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { ACME, createBench, entryAt, startProvider, type TestProvider } from "./fixtures.ts";

let provider: TestProvider;
let other: TestProvider;
beforeAll(() => {
  provider = startProvider();
  other = startProvider();
});
beforeEach(() => {
  provider.seen.splice(0);
  other.seen.splice(0);
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function prepare(entry: object, choices: ProviderChoices = {}) {
  await using bench = await createBench({ acme: entry });
  const prepared = await prepareProvider(bench.services, ACME, choices);
  return { prepared, context: await prepared.context() };
}

test("a complete entry is ready without asking anybody", async () => {
  const { prepared, context } = await prepare(entryAt(provider.origin));
  expect(prepared.declaredBinding).toEqual({
    clientId: "client",
    authMethod: "none",
    origins: [provider.origin],
  });
  expect(await prepared.binding()).toEqual(prepared.declaredBinding);
  expect(context.client).toMatchObject({ id: "client", secret: undefined });
  expect(provider.seen).toEqual([]);
});

test("an issuer and a client are enough: metadata fills the rest, and keys are fetched for openid", async () => {
  const { origin } = provider;
  const endpoints = {
    authorization_endpoint: `${origin}/a`,
    token_endpoint: `${origin}/t`,
    jwks_uri: `${origin}/keys`,
  };
  provider.answers["/.well-known/oauth-authorization-server"] = () =>
    Response.json({ issuer: origin, ...endpoints });
  provider.answers["/keys"] = () => Response.json({ keys: [{ kty: "RSA" }] });
  const { prepared, context } = await prepare({ issuer: origin, client_id: "client" });
  expect(prepared.provider).toMatchObject(endpoints);
  expect(context.exchange.keys?.keys).toHaveLength(1);
});

describe("refused:", () => {
  test("no client, with where to create one", async () => {
    const { client_id: _id, ...entry } = entryAt(provider.origin, {
      register_url: "https://acme.example/apps",
    });
    const failure = await failureOf(() => prepare(entry));
    expect(failure).toMatchObject({ code: "no_client", exitStatus: 2 });
    expect((failure as { hint?: string }).hint).toContain("https://acme.example/apps");
  });

  test.each(["required", "not_confidential"])("no secret where one is %s", async (use) => {
    const failure = await failureOf(() => prepare(entryAt(provider.origin, { client_secret_use: use })));
    expect(failure).toMatchObject({ code: "no_secret", exitStatus: 2 });
  });

  test("a client whose endpoints another layer moved, naming both places (SAFETY.md)", async () => {
    await using bench = await createBench({ acme: { token_endpoint: `${other.origin}/token` } });
    await bench.write(
      { acme: { token_endpoint: `${other.origin}/token` } },
      { acme: entryAt(provider.origin) },
    );
    const failure = await failureOf(() => prepareProvider(bench.services, ACME, {}));
    expect(failure).toMatchObject({ code: "credentials_withheld", exitStatus: 2 });
    expect(failure.message).toContain(provider.origin);
    expect(failure.message).toContain(other.origin);
    expect([...provider.seen, ...other.seen]).toEqual([]);
  });

  test("a secret in the query of an address, with how to give an address of one's own", async () => {
    await using bench = await createBench({});
    const keyed = { ...entryAt(provider.origin), token_endpoint: `${provider.origin}/token?api_key=hush` };
    const moved = { client_id: "own", revocation_endpoint: `${other.origin}/revoke` };
    await bench.write({ acme: moved }, { acme: keyed });
    const failure = await failureOf(() => prepareProvider(bench.services, ACME, {}));
    expect(failure).toMatchObject({ code: "credentials_withheld", exitStatus: 2 });
    expect(failure.message).toContain('the secret at "token_endpoint?api_key" of its entry');
    expect((failure as { hint?: string }).hint).toContain('give "token_endpoint" of the registry an address');
    expect(JSON.stringify(failure)).not.toContain("hush");
  });

  test("a client whose endpoints metadata moved for another layer's issuer", async () => {
    await using bench = await createBench({});
    const { revocation_endpoint: _endpoint, ...entry } = entryAt(provider.origin);
    await bench.write({ acme: { issuer: provider.origin, scopes: [] } }, { acme: entry });
    const metadata = { issuer: provider.origin, revocation_endpoint: `${other.origin}/revoke` };
    provider.answers["/.well-known/oauth-authorization-server"] = () => Response.json(metadata);
    const prepared = await prepareProvider(bench.services, ACME, {});
    const failure = await failureOf(() => prepared.context());
    expect(failure).toMatchObject({ code: "credentials_withheld", exitStatus: 2 });
    expect(await failureOf(() => prepared.exchange())).toMatchObject({ code: "credentials_withheld" });
    expect(failure.message).toContain(other.origin);
  });

  test("a certificate authority that cannot be read", async () => {
    const failure = await failureOf(() => prepare(entryAt(provider.origin), { caFile: "/nowhere/ca.pem" }));
    expect(failure).toMatchObject({ code: "ca_unreadable", exitStatus: 2 });
  });

  test("an unknown provider", async () => {
    await using bench = await createBench({});
    expect(
      await failureOf(() => prepareProvider(bench.services, { provider: "nobody", label: "default" }, {})),
    ).toMatchObject({
      code: "unknown_provider",
    });
  });
});

describe("metadata that cannot be had", () => {
  const issuer = (): object => ({ issuer: "http://127.0.0.1:9" });

  test("is a failure for now where the endpoints depend on it", async () => {
    const failure = await failureOf(() => prepare({ client_id: "client", ...issuer() }));
    expect(failure).toMatchObject({ exitStatus: 3 });
  });

  test("is a failure for now where id_tokens need its keys", async () => {
    expect(await failureOf(() => prepare(entryAt(provider.origin, issuer())))).toMatchObject({
      exitStatus: 3,
    });
  });

  test("is done without where the entry says everything and no id_token is asked for", async () => {
    const { context } = await prepare(entryAt(provider.origin, { ...issuer(), scopes: ["read"] }));
    expect(context.exchange.metadata).toBeUndefined();
  });
});

describe("the secret", () => {
  test("of the entry is resolved for a request, and not before", async () => {
    const entry = entryAt(provider.origin, { client_secret: { env: "ACME_SECRET" } });
    await using bench = await createBench({ acme: entry }, { environment: { ACME_SECRET: "s3cret" } });
    const { client } = await (await prepareProvider(bench.services, ACME, {})).context();
    expect(client).toMatchObject({ secret: "s3cret", authMethod: "client_secret_basic" });
    await using without = await createBench({ acme: entry });
    const prepared = await prepareProvider(without.services, ACME, {});
    expect(await failureOf(() => prepared.context())).toMatchObject({ exitStatus: 2 });
  });

  test("of the guided set-up comes from the vault, for its own client alone", async () => {
    await using bench = await createBench({
      acme: entryAt(provider.origin, { client_secret_use: "required" }),
    });
    const keep = async (clientId: string): Promise<void> => {
      const registry = await bench.services.registry();
      await keepSecret(bench.services, registry.resolve("acme", { clientId }), "s3cret");
    };
    await keep("another-client");
    expect(await failureOf(() => prepareProvider(bench.services, ACME, {}))).toMatchObject({
      code: "no_secret",
    });
    await keep("client");
    const { client } = await (await prepareProvider(bench.services, ACME, {})).context();
    expect(client).toMatchObject({ secret: "s3cret" });
  });
});
