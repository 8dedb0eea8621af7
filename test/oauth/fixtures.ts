/**
 * Providers, servers and signers for the tests of the protocol.
 *
 * @module
 */
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from "jose";
import { createGuardedFetch } from "../../src/guarded_fetch.ts";
import { createClient } from "../../src/oauth/client.ts";
import type { Exchange } from "../../src/oauth/server.ts";
import type { TokenContext } from "../../src/oauth/token_request.ts";
import { complete } from "../../src/registry/defaults.ts";
import type { Provider } from "../../src/registry/provider.ts";
import type { Entry } from "../../src/registry/schema.ts";

/** A request that a test server got. */
export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
  /** The body as a form. */
  readonly form: Record<string, string>;
}

/** A server that records what it gets; `answer` may be replaced at any time. */
export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly seen: Seen[];
  answer: (seen: Seen) => Response | Promise<Response>;
}

/** Starts a server on a free port of 127.0.0.1. */
export function serve(answer: TestServer["answer"]): TestServer {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { method, headers } = request;
      const text = await request.text();
      const form = Object.fromEntries(new URLSearchParams(text));
      const seen = { method, url: new URL(request.url), headers, text, form };
      started.seen.push(seen);
      return started.answer(seen);
    },
  });
  const started: TestServer = {
    origin: `http://127.0.0.1:${server.port}`,
    seen: [],
    answer,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return started;
}

/** The provider that `entry` makes; its endpoints are at `origin` unless it says otherwise. */
export function providerAt(origin: string, entry: Entry = {}, builtIn = false): Provider {
  const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
  const given = { client_id: "client", ...endpoints, ...entry };
  return complete(given, { id: "acme", layer: "user", builtIn, variables: {} });
}

/** What token requests need; `secret` is the client's. */
export function contextFor(
  provider: Provider,
  more: { secret?: string; exchange?: Partial<Exchange>; now?: () => Date } = {},
): TokenContext {
  return {
    exchange: { provider, ...more.exchange },
    client: createClient(provider, more.secret),
    fetch: createGuardedFetch(),
    now: more.now ?? (() => new Date()),
  };
}

/** A key and what it signs. */
export interface Signer {
  readonly jwk: JWK;
  sign(claims: JWTPayload, header?: { alg?: string; kid?: string }): Promise<string>;
}

/** A fresh key for `alg`. */
export async function createSigner(alg = "RS256"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = crypto.randomUUID();
  return {
    jwk: { ...(await exportJWK(publicKey)), alg, kid, use: "sig" },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

/** What `work` throws. */
export async function failureOf(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (failure) {
    if (failure instanceof Error) return failure;
    throw failure;
  }
  throw new Error("nothing was thrown");
}
