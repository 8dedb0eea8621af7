/**
 * Code exchanges with a server that answers with the id_token that a test wants.
 *
 * @module
 */
import type { JWTPayload } from "jose";
import type { Grant } from "../../src/oauth/grant.ts";
import type { Exchange } from "../../src/oauth/server.ts";
import { redeem } from "../../src/oauth/token.ts";
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

export const ISSUER = "https://id.example";
export const NONCE = "nonce-of-this-login";
export const TOKEN = "access-token-that-nobody-may-see";

/** Seconds since the epoch, `fromNow` seconds from now. */
export function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}

/** The claims of a good id_token, but for `more`. */
export function claims(more: Record<string, unknown> = {}): JWTPayload {
  return {
    iss: ISSUER,
    aud: "client",
    sub: "alice",
    nonce: NONCE,
    iat: seconds(0),
    exp: seconds(3600),
    ...more,
  };
}

/** What a login differs in. */
export interface Differences {
  readonly entry?: Entry;
  readonly metadata?: NonNullable<Exchange["metadata"]>;
  /** The keys that were fetched beforehand. */
  readonly keys?: NonNullable<Exchange["keys"]>;
  /** The keys that the provider publishes. */
  readonly published?: object[];
}

/** The server, its key, and what it answers with. */
export class IdTokenBench {
  readonly server: TestServer;
  readonly signer: Signer;
  idToken: string | undefined;
  keys: object[] = [];

  constructor(signer: Signer) {
    this.signer = signer;
    this.server = serve(({ url }) => this.#answer(url.pathname));
  }

  static async open(): Promise<IdTokenBench> {
    return new IdTokenBench(await createSigner());
  }

  exchange(entry: Entry, more: Partial<Exchange>): Exchange {
    const usual = { issuer: ISSUER, jwks_uri: `${this.server.origin}/keys`, scopes: ["openid"] };
    return { provider: providerAt(this.server.origin, { ...usual, ...entry }), ...more };
  }

  /** Redeems a code that brings `token`. */
  redeem(
    token: string | undefined,
    { entry = {}, metadata, keys, published }: Differences = {},
  ): Promise<Grant> {
    this.idToken = token;
    this.keys = published ?? [this.signer.jwk];
    const exchange = this.exchange(entry, { metadata, keys });
    const attempt = { redirectUri: "http://127.0.0.1/", codeVerifier: "v", scope: ["openid"], nonce: NONCE };
    const accepted = { code: "c0de-that-nobody-may-see", callback: {} };
    return redeem(contextFor(exchange.provider, { exchange }), attempt, accepted);
  }

  /** How a code that brings `token` is refused. */
  async refusal(token: string | undefined, differences: Differences = {}): Promise<Error> {
    const failure = await failureOf(() => this.redeem(token, differences));
    if (!failure.message.startsWith("Cannot ")) throw failure;
    if (/nobody-may-see|eyJ/.test(failure.message)) throw new Error("the message holds a secret");
    return failure;
  }

  #answer(path: string): Response {
    if (path === "/keys") return Response.json({ keys: this.keys });
    const idToken = this.idToken === undefined ? {} : { id_token: this.idToken };
    return Response.json({ access_token: TOKEN, ...idToken });
  }
}
