/**
 * Judges an id_token beyond what oauth4webapi judges by itself (OIDC Core 3.1.3.7 and 3.1.3.8).
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as oauth from "oauth4webapi";
import { Failed } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import type { Provider } from "../registry/provider.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./client.ts";
import { libraryFetch } from "./library_fetch.ts";
import type { Exchange } from "./server.ts";

/** Claims of an id_token that passed every check. */
export type Claims = Readonly<Record<string, unknown>>;

/** A GUID: what Microsoft's tenant claim must be before it may become part of an issuer. */
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Seconds after which oauth4webapi fetches keys again for an unknown `kid`; after 300 it would do so at once. */
const REFETCHABLE_AGE_SECONDS = 60;

/** Hashes of `at_hash` by the last digits of the signature algorithm; EdDSA uses SHA-512 (OIDC Core 3.1.3.6). */
const HASHES: Readonly<Record<string, string>> = { "256": "sha256", "384": "sha384", "512": "sha512" };

/** Whether the entry says enough to judge an id_token. Without an issuer there is nobody to expect it from. */
export function canJudgeIdToken(provider: Provider): boolean {
  return provider.issuer !== undefined || provider.id_token?.issuer !== undefined;
}

/**
 * The issuer that `idToken` must name: the entry's template filled from the token's own claims, or the issuer.
 *
 * @throws {Failed} when a claim that the template uses is not a GUID
 */
export function expectedIssuer(provider: Provider, idToken: string | undefined): string {
  const template = provider.id_token?.issuer ?? provider.issuer ?? "";
  if (!template.includes("{claims.") || idToken === undefined) return template;
  const { claims } = decodeUnverified(idToken);
  return template.replace(/\{claims\.([^{}]+)\}/g, (_placeholder, name: string) => {
    const value = claims[name];
    if (typeof value === "string" && GUID.test(value)) return value;
    throw new Failed(`Cannot accept the id_token: its "${name}" is not a GUID`, { code: "id_token_invalid" });
  });
}

/**
 * Checks the signature (unless the entry trusts TLS alone), `at_hash` and `iat` of the id_token that the library has
 * already judged in `response`.
 *
 * @throws {Failed} code `id_token_invalid`, `clock` or `no_keys`
 */
export async function checkIdToken(
  exchange: Exchange,
  server: oauth.AuthorizationServer,
  judged: {
    readonly response: Response;
    readonly idToken: string;
    readonly accessToken: string;
    readonly now: Date;
  },
  fetch: GuardedFetch,
): Promise<void> {
  const { header, claims } = decodeUnverified(judged.idToken);
  if (exchange.provider.id_token?.validation !== "tls")
    await checkSignature(exchange, server, judged.response, fetch);
  const hash = claims["at_hash"];
  if (typeof hash === "string" && hash !== halfHash(judged.accessToken, String(header["alg"]))) {
    throw new Failed("Cannot accept the id_token: its at_hash belongs to another access token", {
      code: "id_token_invalid",
    });
  }
  const issuedAt = claims["iat"];
  if (typeof issuedAt === "number" && issuedAt > judged.now.getTime() / 1000 + CLOCK_TOLERANCE_SECONDS) {
    throw new Failed("Cannot accept the id_token: it was issued in the future", {
      code: "clock",
      hint: "check this machine's clock",
    });
  }
}

async function checkSignature(
  exchange: Exchange,
  server: oauth.AuthorizationServer,
  response: Response,
  fetch: GuardedFetch,
): Promise<void> {
  if (server.jwks_uri === undefined) {
    throw new Failed("Cannot check the id_token: the provider's keys are unknown", {
      code: "no_keys",
      hint: 'add jwks_uri to the registry, or "id_token": {"validation": "tls"} where the provider publishes none',
    });
  }
  await oauth.validateApplicationLevelSignature(server, response, {
    [oauth.customFetch]: libraryFetch(fetch),
    [oauth.allowInsecureRequests]: true,
    ...(exchange.keys === undefined ? {} : { [oauth.jwksCache]: cacheOf(exchange.keys) }),
  });
}

/**
 * Keys as of an age at which the library trusts them, but fetches them once more for a `kid` that they lack: a provider
 * may change its keys while the person signs in.
 */
function cacheOf(jwks: oauth.JWKS): oauth.JWKSCacheInput {
  return { jwks, uat: Math.floor(Date.now() / 1000) - REFETCHABLE_AGE_SECONDS };
}

function halfHash(accessToken: string, algorithm: string): string {
  const digest = createHash(HASHES[algorithm.slice(-3)] ?? "sha512")
    .update(accessToken, "ascii")
    .digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}

/** The claims of an id_token that was judged when it was stored; undefined where it cannot be read. */
export function claimsAsStored(idToken: string): Claims | undefined {
  return decodePart(idToken.split(".", 2)[1] ?? "");
}

/** Header and claims as written, believed by nobody yet. */
function decodeUnverified(idToken: string): {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
} {
  const [header, claims] = idToken.split(".", 2).map(decodePart);
  if (header === undefined || claims === undefined) {
    throw new Failed("Cannot accept the id_token: it is not a JSON Web Token", { code: "id_token_invalid" });
  }
  return { header, claims };
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
