/**
 * What a simulated provider hands out: access tokens, and id_tokens signed as the entry says.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Provider } from "../../src/registry/provider.ts";
import { first, place } from "./declared_answer.ts";
import type { SimulatedClient } from "./declared_request.ts";

/** Whoever is logged in at the simulated provider. */
export const SUBJECT = "subject-1";
export const LABEL = "ada@example.org";
/** A directory, for issuers that name the one of the person. */
const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";

const KEY = await generateKeyPair("RS256", { extractable: true });

/** The key set that the simulated provider publishes. */
export const KEYS: { readonly keys: readonly JWK[] } = {
  keys: [{ ...(await exportJWK(KEY.publicKey)), alg: "RS256", kid: "simulated", use: "sig" }],
};

/** A fresh access token: a JSON Web Token where the entry reads one. */
export function accessToken(provider: Provider, serial: number): string {
  const pointers = provider.identity?.access_token;
  if (pointers === undefined) return `access-${serial}`;
  const named = place({}, first(pointers.subject ?? "/sub"), SUBJECT);
  const payload = place(named, first(pointers.label ?? "/email"), LABEL);
  return `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.${serial}`;
}

/** Whether logins with these scopes bring an id_token that keyfob can judge. */
export function bringsIdToken(provider: Provider, scope: readonly string[]): boolean {
  const issuer = provider.id_token?.issuer ?? provider.issuer;
  return issuer !== undefined && (scope.includes("openid") || provider.identity?.id_token !== undefined);
}

/** A signed id_token for the person (OpenID Connect Core 2). */
export async function idToken(
  provider: Provider,
  client: SimulatedClient,
  facts: { readonly accessToken: string; readonly nonce: string | undefined },
): Promise<string> {
  const alg = provider.id_token?.alg ?? "RS256";
  const now = Math.floor(Date.now() / 1000);
  const issuer = (provider.id_token?.issuer ?? provider.issuer ?? "").replace("{claims.tid}", TENANT);
  const hash = createHash("sha256").update(facts.accessToken).digest().subarray(0, 16).toString("base64url");
  const claims = personClaims(provider, {
    iss: issuer,
    aud: client.id,
    sub: SUBJECT,
    tid: TENANT,
    iat: now,
    exp: now + 3600,
    at_hash: hash,
    ...(facts.nonce === undefined ? {} : { nonce: facts.nonce }),
  });
  const jwt = new SignJWT(claims).setProtectedHeader({ alg, kid: "simulated" });
  return jwt.sign(
    alg === "HS256" ? new TextEncoder().encode((client.secret ?? "").padEnd(32, "0")) : KEY.privateKey,
  );
}

/** The claims that the entry reads, and no name where the provider can be asked for one. */
function personClaims(provider: Provider, claims: Record<string, unknown>): Record<string, unknown> {
  let all: unknown = claims;
  for (const [name, pointers] of Object.entries(provider.id_token?.keep ?? {}))
    all = place(all, first(pointers), `kept-${name}`);
  const label = first(provider.identity?.id_token?.label ?? "/email");
  return (canBeAsked(provider) ? all : place(all, label, LABEL)) as Record<string, unknown>;
}

/** Whether the entry says where to ask who is logged in. */
export function canBeAsked(provider: Provider): boolean {
  return (provider.whoami?.endpoint ?? provider.userinfo_endpoint) !== undefined;
}
