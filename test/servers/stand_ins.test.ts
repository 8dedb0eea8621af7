/**
 * The stand-ins refuse what the real providers refuse; otherwise a test against them would prove nothing.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { GOOGLE_CLIENT, startGoogleServer, type GoogleServer } from "./google.ts";
import { OPENAI_CLIENT, OPENAI_REDIRECTS, startOpenaiServer, type OpenaiServer } from "./openai.ts";
import { signIn } from "./person.ts";
import { challengeOf } from "./stand_in.ts";

const VERIFIER = "v".repeat(43);
const COMMON = {
  response_type: "code",
  state: "s".repeat(43),
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: "S256",
};
const OPENAI_REQUEST = {
  ...COMMON,
  client_id: OPENAI_CLIENT,
  redirect_uri: OPENAI_REDIRECTS[0],
  scope: "openid profile email offline_access",
  id_token_add_organizations: "true",
  codex_cli_simplified_flow: "true",
  originator: "keyfob",
};
const GOOGLE_REDIRECT = "http://127.0.0.1:4000/callback";
const GOOGLE_REQUEST = {
  ...COMMON,
  client_id: GOOGLE_CLIENT.id,
  redirect_uri: GOOGLE_REDIRECT,
  scope: "openid",
};

let openai: OpenaiServer;
let google: GoogleServer;

beforeEach(async () => {
  [openai, google] = await Promise.all([startOpenaiServer(), startGoogleServer()]);
});

afterEach(async () => {
  await Promise.all([openai[Symbol.asyncDispose](), google[Symbol.asyncDispose]()]);
});

async function codeFor(endpoint: string, parameters: Record<string, string>): Promise<string> {
  const redirect = await signIn(`${endpoint}?${new URLSearchParams(parameters)}`);
  return new URL(redirect).searchParams.get("code") ?? "";
}

async function post(
  url: string,
  body: URLSearchParams | string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers: HeadersInit = typeof body === "string" ? { "content-type": "application/json" } : {};
  const response = await fetch(url, { method: "POST", body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function openaiExchange(extra: Record<string, string> = {}): ReturnType<typeof post> {
  const code = await codeFor(`${openai.origin}/oauth/authorize`, OPENAI_REQUEST);
  const parameters = {
    grant_type: "authorization_code",
    client_id: OPENAI_CLIENT,
    code,
    code_verifier: VERIFIER,
  };
  const body = new URLSearchParams({ ...parameters, redirect_uri: OPENAI_REDIRECTS[0], ...extra });
  return await post(`${openai.origin}/oauth/token`, body);
}

async function googleExchange(
  request: Record<string, string>,
  extra: Record<string, string> = { client_secret: GOOGLE_CLIENT.secret },
): ReturnType<typeof post> {
  const code = await codeFor(`${google.origin}/o/oauth2/v2/auth`, request);
  const parameters = {
    grant_type: "authorization_code",
    client_id: GOOGLE_CLIENT.id,
    code,
    code_verifier: VERIFIER,
  };
  const body = new URLSearchParams({ ...parameters, redirect_uri: GOOGLE_REDIRECT, ...extra });
  return await post(`${google.origin}/token`, body);
}

test("OpenAI's: a request by the rules brings tokens", async () => {
  expect((await openaiExchange()).body).toMatchObject({ access_token: expect.any(String) });
  expect(openai.violations).toEqual([]);
});

test.each([
  ["another port", { redirect_uri: "http://localhost:1456/auth/callback" }],
  ["127.0.0.1 in place of localhost", { redirect_uri: "http://127.0.0.1:1455/auth/callback" }],
  ["plain PKCE", { code_challenge_method: "plain" }],
  ["an unknown parameter", { prompt: "consent" }],
  ["another originator", { originator: "somebody" }],
])("OpenAI's authorization endpoint refuses %s", async (_what, change) => {
  const query = new URLSearchParams({ ...OPENAI_REQUEST, ...change });
  expect((await fetch(`${openai.origin}/oauth/authorize?${query}`)).status).toBe(400);
  expect(openai.violations).toHaveLength(1);
});

test.each([
  ["state", { state: "s".repeat(43) }],
  ["a wrong verifier", { code_verifier: "w".repeat(43) }],
  ["another redirect", { redirect_uri: OPENAI_REDIRECTS[1] }],
  ["a used or unknown code", { code: "code-that-nobody-gave" }],
])("OpenAI's token endpoint refuses %s", async (_what, change) => {
  expect((await openaiExchange(change)).status).toBe(400);
  expect(openai.violations).toHaveLength(1);
});

test("OpenAI's refresh is JSON, rotates, and says so when a token is used twice", async () => {
  const { body } = await openaiExchange();
  const request = {
    grant_type: "refresh_token",
    client_id: OPENAI_CLIENT,
    refresh_token: String(body["refresh_token"]),
  };
  const endpoint = `${openai.origin}/oauth/token`;
  expect((await post(endpoint, new URLSearchParams(request))).status).toBe(400);
  expect((await post(endpoint, JSON.stringify(request))).status).toBe(200);
  const reused = await post(endpoint, JSON.stringify(request));
  expect(reused).toMatchObject({ status: 401, body: { error: { code: "refresh_token_reused" } } });
});

test("Google's: no refresh token without both access_type=offline and prompt=consent", async () => {
  const offline = { ...GOOGLE_REQUEST, access_type: "offline" };
  expect((await googleExchange(GOOGLE_REQUEST)).body).not.toHaveProperty("refresh_token");
  expect((await googleExchange(offline)).body).not.toHaveProperty("refresh_token");
  expect((await googleExchange({ ...offline, prompt: "consent" })).body).toHaveProperty("refresh_token");
  expect(google.violations).toEqual([]);
});

test("Google's token endpoint refuses a client without its secret", async () => {
  expect((await googleExchange(GOOGLE_REQUEST, {})).status).toBe(400);
  expect(google.violations).toEqual(['POST /token: "client_secret" is missing']);
});

test("Google's authorization endpoint refuses localhost", async () => {
  const query = new URLSearchParams({ ...GOOGLE_REQUEST, redirect_uri: "http://localhost:4000/callback" });
  expect((await fetch(`${google.origin}/o/oauth2/v2/auth?${query}`)).status).toBe(400);
});
