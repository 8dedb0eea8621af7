/**
 * Fetches what an issuer publishes about itself: metadata and keys.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { Failed } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";

/** Matches the placeholders of issuer templates, ours (`{claims.tid}`) and those in published documents (`{tenantid}`). */
const PLACEHOLDER = /\{[^{}/]+\}/g;

/**
 * Fetches authorization server metadata: RFC 8414 by insertion, then OpenID Connect Discovery by appending.
 * `issuerTemplate` is the entry's `id_token.issuer`, where documents may say a template instead of the issuer.
 *
 * @throws {Failed} when no document is there, or it speaks for another issuer
 * @throws {Unavailable} when the network failed
 */
export async function discover(
  issuer: string,
  fetch: GuardedFetch,
  options: { readonly issuerTemplate?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<oauth.AuthorizationServer> {
  for (const url of wellKnownAddresses(issuer)) {
    const answer = await fetch({ url, headers: { accept: "application/json" }, signal: options.signal });
    if (answer.status !== 200) continue;
    const document = parse(answer.text);
    if (document !== undefined) return readMetadata(issuer, document, options.issuerTemplate);
  }
  throw new Failed(`Cannot discover "${issuer}": it publishes no metadata`, {
    code: "no_metadata",
    hint: "check the issuer, or give the endpoints in the registry",
  });
}

/** Where metadata may be, in the order of STANDARDS 33 (RFC 8414 section 3.1, OIDC Discovery section 4). */
export function wellKnownAddresses(issuer: string): URL[] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, "");
  const inserted = new URL(url);
  inserted.pathname = `/.well-known/oauth-authorization-server${path}`;
  const appended = new URL(url);
  appended.pathname = `${path}/.well-known/openid-configuration`;
  return [inserted, appended];
}

async function readMetadata(
  issuer: string,
  document: Record<string, unknown>,
  template: string | undefined,
): Promise<oauth.AuthorizationServer> {
  const said = document["issuer"];
  const templated = typeof said === "string" && template !== undefined && samePattern(said, template);
  const response = new Response(JSON.stringify(templated ? { ...document, issuer } : document), {
    headers: { "content-type": "application/json" },
  });
  try {
    return await oauth.processDiscoveryResponse(new URL(issuer), response);
  } catch (cause) {
    throw new Failed(`Cannot discover "${issuer}": its metadata speaks for another issuer or is malformed`, {
      code: "issuer_mismatch",
      hint: "give the issuer exactly as the provider writes it, with or without the last slash",
      cause,
    });
  }
}

function samePattern(left: string, right: string): boolean {
  return left.replace(PLACEHOLDER, "{}") === right.replace(PLACEHOLDER, "{}");
}

/**
 * Fetches the keys at `address` (RFC 7517), to be ready before the code is spent.
 *
 * @throws {Failed} when there is no key set
 * @throws {Unavailable} when the network failed
 */
export async function fetchKeys(
  address: string,
  fetch: GuardedFetch,
  signal?: AbortSignal,
): Promise<oauth.JWKSCacheInput> {
  const answer = await fetch({ url: new URL(address), headers: { accept: "application/json" }, signal });
  const jwks = answer.status === 200 ? parse(answer.text) : undefined;
  if (jwks === undefined || !Array.isArray(jwks["keys"])) {
    throw new Failed(`Cannot read the keys at "${address}"`, {
      code: "no_keys",
      hint: "check jwks_uri in the registry",
    });
  }
  return { jwks: { keys: jwks["keys"] as oauth.JWK[] }, uat: Math.floor(Date.now() / 1000) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === "object" && document !== null && !Array.isArray(document)
      ? (document as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
