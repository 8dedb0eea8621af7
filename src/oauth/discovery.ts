/**
 * Fetches what an issuer publishes about itself: metadata and keys.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { Failed, Unavailable } from "../errors.ts";
import type { GuardedAnswer, GuardedFetch } from "../guarded_fetch.ts";
import { isTransient } from "./provider_answer.ts";

/** Placeholders of issuer templates, ours (`{claims.tid}`) and those in published documents (`{tenantid}`). */
const PLACEHOLDER = /\{[^{}/]+\}/;
/** What published documents may write in their place: a placeholder of their own, or a GUID. */
const IN_PLACE = "(?:\\{[^{}/]+\\}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})";

/**
 * Fetches authorization server metadata: RFC 8414 by insertion, then OpenID Connect Discovery by appending.
 * `issuerTemplate` is the entry's `id_token.issuer`, where documents may say a template instead of the issuer.
 *
 * @throws {Failed} when no document is there, or it speaks for another issuer
 * @throws {Unavailable} when the network failed, or the server cannot answer now
 */
export async function discover(
  issuer: string,
  fetch: GuardedFetch,
  options: { readonly issuerTemplate?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<oauth.AuthorizationServer> {
  let isBusy = false;
  for (const url of wellKnownAddresses(issuer)) {
    const answer = await fetchUnlessRedirected(url, fetch, options.signal);
    isBusy ||= answer !== undefined && isTransient(answer.status);
    const document = answer?.status === 200 ? parse(answer.text) : undefined;
    if (document !== undefined) return readMetadata(issuer, document, options.issuerTemplate);
  }
  if (isBusy) throw busy(`Cannot discover "${issuer}"`);
  throw new Failed(`Cannot discover "${issuer}": it publishes no metadata`, {
    code: "no_metadata",
    hint: "check the issuer, or give the endpoints in the registry",
  });
}

/** A server that sends strangers to its front page has no document there; the next address may have one. */
async function fetchUnlessRedirected(
  url: URL,
  fetch: GuardedFetch,
  signal: AbortSignal | undefined,
): Promise<GuardedAnswer | undefined> {
  try {
    return await fetch({ url, headers: { accept: "application/json" }, signal });
  } catch (failure) {
    if (failure instanceof Failed && failure.code === "endpoint_redirects") return undefined;
    throw failure;
  }
}

function busy(what: string): Unavailable {
  return new Unavailable(`${what}: the provider cannot answer now`, { code: "provider_unavailable" });
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
  const templated = typeof said === "string" && template !== undefined && fits(said, template);
  const response = new Response(JSON.stringify(templated ? { ...document, issuer } : document), {
    headers: { "content-type": "application/json" },
  });
  if (typeof said === "string" && said !== issuer && !templated) throw otherIssuer(issuer);
  try {
    return await oauth.processDiscoveryResponse(new URL(issuer), response);
  } catch (cause) {
    throw otherIssuer(issuer, cause);
  }
}

/** RFC 8414 section 3.3 compares the two as they are written. */
function otherIssuer(issuer: string, cause?: unknown): Failed {
  return new Failed(`Cannot discover "${issuer}": its metadata speaks for another issuer or is malformed`, {
    code: "issuer_mismatch",
    hint: "give the issuer exactly as the provider writes it, with or without the last slash",
    cause,
  });
}

function fits(issuer: string, template: string): boolean {
  if (!PLACEHOLDER.test(template)) return false;
  const pieces = template.split(PLACEHOLDER).map((piece) => RegExp.escape(piece));
  return new RegExp(`^${pieces.join(IN_PLACE)}$`).test(issuer);
}

/**
 * Fetches the keys at `address` (RFC 7517), to be ready before the code is spent.
 *
 * @throws {Failed} when there is no key set
 * @throws {Unavailable} when the network failed, or the server cannot answer now
 */
export async function fetchKeys(
  address: string,
  fetch: GuardedFetch,
  signal?: AbortSignal,
): Promise<oauth.JWKS> {
  const answer = await fetch({ url: new URL(address), headers: { accept: "application/json" }, signal });
  if (isTransient(answer.status)) throw busy(`Cannot read the keys at "${address}"`);
  const jwks = answer.status === 200 ? parse(answer.text) : undefined;
  if (jwks === undefined || !Array.isArray(jwks["keys"])) {
    throw new Failed(`Cannot read the keys at "${address}"`, {
      code: "no_keys",
      hint: "check jwks_uri in the registry",
    });
  }
  return { keys: jwks["keys"] as oauth.JWK[] };
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
