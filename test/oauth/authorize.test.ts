/**
 * The authorization address: what it asks for, and what it keeps to itself.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { ConfigurationError } from "../../src/errors.ts";
import { begin, generateState } from "../../src/oauth/authorize.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import type { Provider } from "../../src/registry/provider.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { challengeOf } from "../servers/stand_in.ts";
import { failureOf, providerAt } from "./fixtures.ts";

const REDIRECT = "http://127.0.0.1:5000/callback";

function beginAt(provider: Provider, state = "the-state"): Promise<Attempt> {
  return begin(provider, {
    label: "default",
    state,
    redirectUri: REDIRECT,
    scope: provider.scopes,
    expiresAt: new Date(),
    choices: {},
    client: { authMethod: "none", origins: [] },
  });
}

async function ask(entry: Entry, builtIn = false) {
  const attempt = await beginAt(providerAt("https://id.example", entry, builtIn));
  const url = new URL(attempt.url);
  return { attempt, url, parameters: Object.fromEntries(url.searchParams) };
}

test("every standard parameter of a code request with PKCE is there, and nothing else", async () => {
  const { attempt, url, parameters } = await ask({ scopes: ["openid", "email"] });
  expect(url.origin + url.pathname).toBe("https://id.example/authorize");
  expect(parameters).toEqual({
    response_type: "code",
    client_id: "client",
    redirect_uri: REDIRECT,
    scope: "openid email",
    state: "the-state",
    code_challenge: challengeOf(attempt.codeVerifier ?? ""),
    code_challenge_method: "S256",
    nonce: attempt.nonce ?? "no nonce",
  });
});

test("the attempt remembers what the answer must match, and no address holds the verifier", async () => {
  const { attempt, url } = await ask({ scopes: ["openid"] });
  expect(attempt).toMatchObject({
    provider: "acme",
    label: "default",
    state: "the-state",
    redirectUri: REDIRECT,
    scope: ["openid"],
  });
  expect(url.href).not.toContain(attempt.codeVerifier ?? "-");
});

test("a verifier is 43 to 128 unreserved characters of 256 random bits, fresh each time (STANDARDS 11)", async () => {
  const verifiers = await Promise.all(
    Array.from({ length: 20 }, async () => (await ask({})).attempt.codeVerifier),
  );
  for (const verifier of verifiers) {
    expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
    expect(Buffer.from(verifier ?? "", "base64url")).toHaveLength(32);
  }
  expect(new Set(verifiers).size).toBe(20);
});

test("a state is 256 random bits, fresh each time (STANDARDS 9)", () => {
  const states = Array.from({ length: 20 }, generateState);
  for (const state of states) expect(Buffer.from(state, "base64url")).toHaveLength(32);
  expect(new Set(states).size).toBe(20);
});

describe("the challenge method", () => {
  const cases: readonly (readonly [declared: Entry["code_challenge_methods_supported"], method: string])[] = [
    [undefined, "S256"],
    [[], "S256"],
    [["plain", "S256"], "S256"],
    [["S256-hex", "S256"], "S256"],
  ];
  test.each(cases)("for %p is %s (STANDARDS 12)", async (declared, method) => {
    const { attempt, parameters } = await ask(
      declared === undefined ? {} : { code_challenge_methods_supported: declared },
    );
    expect(parameters["code_challenge_method"]).toBe(method);
    expect(parameters["code_challenge"]).toBe(challengeOf(attempt.codeVerifier ?? ""));
  });

  test("is plain only where the provider declares it alone (STANDARDS 13)", async () => {
    const { attempt, parameters } = await ask({ code_challenge_methods_supported: ["plain"] });
    expect(parameters).toMatchObject({
      code_challenge: attempt.codeVerifier,
      code_challenge_method: "plain",
    });
  });

  test("is hexadecimal SHA-256 where that is declared", async () => {
    const { attempt, parameters } = await ask({ code_challenge_methods_supported: ["S256-hex"] });
    const hash = new Bun.CryptoHasher("sha256").update(attempt.codeVerifier ?? "").digest("hex");
    expect(parameters).toMatchObject({ code_challenge: hash, code_challenge_method: "S256" });
  });

  test("is none where the entry switches PKCE off, and no verifier is made (STANDARDS 2)", async () => {
    const { attempt, parameters } = await ask({ pkce: "off" });
    expect(attempt.codeVerifier).toBeUndefined();
    expect(Object.keys(parameters)).not.toContain("code_challenge");
    expect(Object.keys(parameters)).not.toContain("code_challenge_method");
  });
});

describe("scopes", () => {
  test("stand apart as the provider has it", async () => {
    expect((await ask({ scopes: ["a", "b"], scope_separator: "," })).parameters["scope"]).toBe("a,b");
  });

  test("are left out where there are none", async () => {
    expect((await ask({})).parameters).not.toHaveProperty("scope");
  });
});

describe("a nonce", () => {
  test("is sent only with openid", async () => {
    expect((await ask({ scopes: ["profile"] })).parameters).not.toHaveProperty("nonce");
  });

  test("is neither sent nor expected where the entry says that the provider does not return it", async () => {
    const { attempt, parameters } = await ask({ scopes: ["openid"], id_token: { nonce: false } });
    expect({ sent: parameters["nonce"], kept: attempt.nonce }).toEqual({ sent: undefined, kept: undefined });
  });
});

describe("prompt=consent for offline_access (OIDC Core 11)", () => {
  const scopes = ["openid", "offline_access"];
  const cases: readonly (readonly [
    what: string,
    entry: Entry,
    builtIn: boolean,
    prompt: string | undefined,
  ])[] = [
    ["is added", { scopes }, false, "consent"],
    ["is not added to built-in entries", { scopes }, true, undefined],
    ["is not added without openid", { scopes: ["offline_access"] }, false, undefined],
    ["is not added without offline_access", { scopes: ["openid"] }, false, undefined],
    [
      "yields to the entry's own prompt",
      { scopes, authorize: { params: { prompt: "select_account" } } },
      false,
      "select_account",
    ],
    ["yields to a null", { scopes, authorize: { params: { prompt: null } } }, false, undefined],
    ["yields to omit", { scopes, authorize: { omit: ["prompt"] } }, false, undefined],
  ];
  test.each(cases)("%s", async (_what, entry, builtIn, prompt) => {
    expect((await ask(entry, builtIn)).parameters["prompt"]).toBe(prompt as never);
  });
});

test("the query that the endpoint has already stays", async () => {
  const { parameters } = await ask({
    authorization_endpoint: "https://id.example/authorize?tenant=a%26b&x=1",
  });
  expect(parameters).toMatchObject({ tenant: "a&b", x: "1", response_type: "code" });
});

test.each(["form_post", "fragment"] as const)("response_mode=%s is asked for; query is not", async (mode) => {
  expect((await ask({ response_mode: mode })).parameters["response_mode"]).toBe(mode);
  expect((await ask({ response_mode: "query" })).parameters).not.toHaveProperty("response_mode");
});

test("the entry's deviations apply: rename, omit, params with placeholders, another endpoint", async () => {
  const { url, parameters } = await ask({
    scopes: ["a"],
    authorize: {
      endpoint: "https://login.example/go",
      rename: { client_id: "appid" },
      omit: ["response_type"],
      params: { originator: "{app}", access_type: "offline", back: "{redirect_uri}" },
    },
  });
  expect(url.origin + url.pathname).toBe("https://login.example/go");
  expect(parameters).toMatchObject({
    appid: "client",
    originator: "keyfob",
    access_type: "offline",
    back: REDIRECT,
  });
  expect(parameters).not.toHaveProperty("client_id");
  expect(parameters).not.toHaveProperty("response_type");
});

test("redirect_uri is left out where the entry says so", async () => {
  expect((await ask({ redirect: { uri: "omit" } })).parameters).not.toHaveProperty("redirect_uri");
});

test("hostile values stay values", async () => {
  const provider = providerAt("https://id.example", {
    client_id: "a&state=evil#x",
    scopes: ["a&redirect_uri=evil"],
  });
  const url = new URL((await beginAt(provider)).url);
  expect(url.searchParams.getAll("state")).toEqual(["the-state"]);
  expect(url.searchParams.getAll("redirect_uri")).toEqual([REDIRECT]);
  expect(url.searchParams.get("client_id")).toBe("a&state=evil#x");
});

test("an entry without authorization endpoint is an error of configuration", async () => {
  const { authorization_endpoint: _endpoint, ...provider } = providerAt("https://id.example");
  const failure = await failureOf(() => beginAt(provider));
  expect(failure).toBeInstanceOf(ConfigurationError);
  expect(failure).toMatchObject({ code: "missing_endpoint", exitStatus: 2 });
});
