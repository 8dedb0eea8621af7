/**
 * What the stand-ins for strict providers share: routing, refusal of every violation, codes, and signed id_tokens.
 *
 * @module
 */
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { consentPage, signInPage } from "./pages.ts";
import { ALICE } from "./person.ts";

/** A request as a stand-in's route sees it. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** From the query of a GET, else from the body. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly contentType: string;
}

/** Answers one path. */
export type Route = (call: Call) => Response | Promise<Response>;

/** The provider's rules were broken; the request is answered with 400 and the reason. */
export class Violation extends Error {}

/** A running stand-in. */
export interface StandIn extends AsyncDisposable {
  readonly origin: string;
  /** Every broken rule so far, with the path it was broken at. A test ends with this empty. */
  readonly violations: string[];
  /** Every request so far, oldest first. */
  readonly calls: Call[];
  /** Token requests so far with this grant type. */
  count(grantType: string): number;
}

/** Serves `routes` (path to route) on a free port of 127.0.0.1. */
export function startStandIn(routes: (standIn: StandIn) => Record<string, Route>): StandIn {
  let table: Record<string, Route> = {};
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const call = await read(request);
      standIn.calls.push(call);
      try {
        const route = table[call.url.pathname];
        if (route === undefined) throw new Violation("there is no such path");
        return await route(call);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        standIn.violations.push(`${call.method} ${call.url.pathname}: ${error.message}`);
        return Response.json({ error: "invalid_request", error_description: error.message }, { status: 400 });
      }
    },
  });
  const standIn: StandIn = {
    origin: `http://127.0.0.1:${server.port}`,
    violations: [],
    calls: [],
    count: (grantType) =>
      standIn.calls.filter(({ parameters }) => parameters["grant_type"] === grantType).length,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  table = routes(standIn);
  return standIn;
}

async function read(request: Request): Promise<Call> {
  const url = new URL(request.url);
  const contentType = (request.headers.get("content-type") ?? "").split(";")[0] ?? "";
  const body = await request.text();
  const { method, headers } = request;
  return {
    method,
    url,
    headers,
    contentType,
    parameters: parseParameters({ method, url, contentType, body }),
  };
}

function parseParameters(input: {
  method: string;
  url: URL;
  contentType: string;
  body: string;
}): Record<string, string> {
  if (input.contentType === "application/json") return JSON.parse(input.body) as Record<string, string>;
  return Object.fromEntries(
    input.method === "GET" ? input.url.searchParams : new URLSearchParams(input.body),
  );
}

/** What a request's parameters must be. */
export interface ParameterRules {
  /** Each must be there; a string is the one value allowed, a pattern must match it whole. */
  readonly required: Readonly<Record<string, string | RegExp>>;
  /** These may be there; nothing else may. */
  readonly optional?: readonly string[];
}

/** @throws {Violation} naming the first parameter that is missing, wrong or unknown */
export function requireParameters(call: Call, { required, optional = [] }: ParameterRules): void {
  for (const [name, rule] of Object.entries(required)) {
    const value = call.parameters[name];
    if (value === undefined) throw new Violation(`"${name}" is missing`);
    const isRight = typeof rule === "string" ? value === rule : rule.test(value);
    if (!isRight) throw new Violation(`"${name}" must be ${rule}, not "${value}"`);
  }
  const known = new Set([...Object.keys(required), ...optional]);
  for (const name of Object.keys(call.parameters)) {
    if (!known.has(name)) throw new Violation(`"${name}" is not a known parameter`);
  }
}

/** @throws {Violation} where method, content type or credentials in the header are not as they must be */
export function requirePost(
  call: Call,
  contentType: "application/json" | "application/x-www-form-urlencoded",
): void {
  if (call.method !== "POST") throw new Violation(`the method must be POST, not ${call.method}`);
  if (call.contentType !== contentType) {
    throw new Violation(`the content type must be ${contentType}, not "${call.contentType}"`);
  }
  if (call.headers.has("authorization")) throw new Violation("there must be no Authorization header");
}

/** What stands behind an authorization code. */
export interface CodeGrant {
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Codes that were given out; each is good for one exchange. */
export class CodeBook {
  readonly #grants = new Map<string, CodeGrant>();

  issue(grant: CodeGrant): string {
    const code = randomToken("code");
    this.#grants.set(code, grant);
    return code;
  }

  /** @throws {Violation} for an unknown or used code, another redirect_uri, or a wrong verifier (RFC 7636 section 4.6) */
  redeem(call: Call): CodeGrant {
    const { code = "", redirect_uri: redirectUri, code_verifier: verifier = "" } = call.parameters;
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (grant === undefined) throw new Violation("the code is unknown or used");
    if (redirectUri !== grant.redirectUri)
      throw new Violation("redirect_uri is not that of the authorization request");
    if (grant.challenge !== undefined && challengeOf(verifier) !== grant.challenge) {
      throw new Violation("the code_verifier does not match the code_challenge");
    }
    return grant;
  }
}

/** The S256 challenge of a verifier (RFC 7636 section 4.2). */
export function challengeOf(verifier: string): string {
  return new Bun.CryptoHasher("sha256").update(verifier).digest("base64url");
}

/** A fresh unguessable string that shows what it is. */
export function randomToken(kind: string): string {
  return `${kind}-${crypto.getRandomValues(Buffer.alloc(32)).toString("base64url")}`;
}

/** Signs id_tokens and publishes the key. */
export interface Signer {
  readonly keys: { readonly keys: readonly JWK[] };
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/** A signer with a fresh RS256 key. */
export async function createSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const header = { alg: "RS256", kid: crypto.randomUUID() };
  return {
    keys: { keys: [{ ...(await exportJWK(publicKey)), ...header, use: "sig" }] },
    sign: (claims) =>
      new SignJWT({ ...claims })
        .setProtectedHeader(header)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey),
  };
}

/** The pages between a good authorization request and the redirect; paths `/sign-in` and `/consent`. */
export class Pages {
  readonly #waiting = new Map<string, Call>();
  readonly #codes: CodeBook;
  readonly #extra: Readonly<Record<string, string>>;

  /** `extra` goes into every good redirect, as some providers add parameters of their own. */
  constructor(codes: CodeBook, extra: Readonly<Record<string, string>> = {}) {
    this.#codes = codes;
    this.#extra = extra;
  }

  /** The sign-in page for an authorization request that was found good. */
  begin(call: Call): Response {
    const id = crypto.randomUUID();
    this.#waiting.set(id, call);
    return html(signInPage({ action: `/sign-in?request=${id}` }));
  }

  readonly signIn: Route = (call) => {
    const { id, request } = this.#find(call);
    if (call.parameters["password"] !== ALICE.password) {
      return html(signInPage({ action: `/sign-in?request=${id}`, problem: "Wrong name or password" }));
    }
    const { client_id: client = "", scope = "" } = request.parameters;
    return html(consentPage({ action: `/consent?request=${id}`, client, scopes: scope.split(" ") }));
  };

  readonly consent: Route = (call) => {
    const { id, request } = this.#find(call);
    this.#waiting.delete(id);
    const { redirect_uri: redirectUri = "", state, code_challenge: challenge } = request.parameters;
    const target = new URL(redirectUri);
    if (state !== undefined) target.searchParams.set("state", state);
    const isAllowed = call.parameters["decision"] === "allow";
    const answer = isAllowed
      ? {
          code: this.#codes.issue({ redirectUri, challenge, parameters: request.parameters }),
          ...this.#extra,
        }
      : { error: "access_denied" };
    for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
    return new Response(null, { status: 302, headers: { location: target.href } });
  };

  #find(call: Call): { id: string; request: Call } {
    const id = call.url.searchParams.get("request") ?? "";
    const request = this.#waiting.get(id);
    if (request === undefined) throw new Violation("no such sign-in");
    return { id, request };
  }
}

function html(page: string): Response {
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
}
