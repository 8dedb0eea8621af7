/**
 * Exchanges a code for tokens and refreshes them (RFC 6749 sections 4.1.3 and 6).
 *
 * @module
 */
import { Failed, type KeyfobError } from "../errors.ts";
import type { AcceptedAnswer } from "./answer.ts";
import type { Attempt } from "./attempt.ts";
import { type Grant, judgeGrant } from "./grant.ts";
import { type Claims, claimsAsStored } from "./id_token.ts";
import { fromLibrary } from "./library_fetch.ts";
import { keptValues, prefixed } from "./placeholders.ts";
import type { RawAnswer } from "./provider_answer.ts";
import { type CanonicalAnswer, canonicalTokenAnswer } from "./token_answer.ts";
import { inheritStep, requestToken, type TokenContext } from "./token_request.ts";
import type { Tokens } from "./tokens.ts";

/** A refresh, read. With a `failure` the tokens hold the new refresh token, and the access token must not be used. */
export interface RefreshGrant {
  readonly tokens: Tokens;
  readonly kept: Readonly<Record<string, string>>;
  readonly failure?: KeyfobError;
}

/**
 * Redeems the code of `attempt`.
 *
 * @throws {LoginRequired} code `invalid_grant` when the code is wrong, used or too old
 * @throws {Unavailable} when the provider cannot answer now
 * @throws {Failed} when the answer does not hold up
 */
export async function redeem(
  context: TokenContext,
  attempt: Pick<Attempt, "redirectUri" | "codeVerifier" | "nonce" | "scope"> & { readonly state?: string },
  accepted: AcceptedAnswer,
  signal?: AbortSignal,
): Promise<Grant> {
  const { provider } = context.exchange;
  const parameters: Record<string, string> = { code: accepted.code };
  if (provider.redirect.uri !== "omit") parameters["redirect_uri"] = attempt.redirectUri;
  if (attempt.codeVerifier !== undefined) parameters["code_verifier"] = attempt.codeVerifier;
  const raw = await requestToken(context, {
    grantType: "authorization_code",
    parameters,
    step: provider.token,
    values: {
      ...prefixed("callback", accepted.callback),
      code: accepted.code,
      state: attempt.state,
      redirect_uri: attempt.redirectUri,
      scope: attempt.scope.join(provider.scope_separator ?? " "),
    },
    signal,
  });
  const canonical = canonicalTokenAnswer(raw, provider.token?.response, context.now(), [
    accepted.code,
    attempt.codeVerifier,
    context.client.secret,
  ]);
  const grant = await judgeGrant(context, canonical, {
    doing: `redeem the code of "${provider.id}"`,
    scope: accepted.scope ?? attempt.scope,
    nonce: attempt.nonce,
  });
  return { ...grant, kept: { ...accepted.callback, ...keptRedirect(context, attempt), ...grant.kept } };
}

/** The redirect address, where a refresh must repeat it. */
function keptRedirect(
  { exchange: { provider } }: TokenContext,
  { redirectUri }: Pick<Attempt, "redirectUri">,
): Readonly<Record<string, string>> {
  const isRepeated = JSON.stringify(provider.refresh ?? false).includes("{redirect_uri}");
  return isRepeated ? { redirect_uri: redirectUri } : {};
}

/**
 * Asks for fresh tokens and returns the answer unjudged: journal it, then {@link readRefresh} it.
 *
 * @throws {Unavailable} when the network failed
 */
export function requestRefresh(
  context: TokenContext,
  session: { readonly tokens: Tokens; readonly kept: Readonly<Record<string, string>> },
  limits: { readonly signal?: AbortSignal | undefined; readonly deadline?: Date | undefined } = {},
): Promise<RawAnswer> {
  const { provider } = context.exchange;
  const refreshToken = session.tokens.refreshToken;
  if (refreshToken === undefined || provider.refresh === false) {
    throw new Failed(`Cannot refresh "${provider.id}": there is no refresh token`, {
      code: "no_refresh_token",
    });
  }
  return requestToken(context, {
    grantType: "refresh_token",
    parameters: { refresh_token: refreshToken },
    step: inheritStep(provider.token, provider.refresh),
    values: {
      ...keptValues(session.kept),
      redirect_uri: session.kept["redirect_uri"],
      refresh_token: refreshToken,
      access_token: session.tokens.accessToken,
      scope: session.tokens.scope.join(provider.scope_separator ?? " "),
    },
    ...limits,
  });
}

/**
 * Judges the answer to a refresh. A replaced refresh token is always in the result, whatever else is wrong; an absent
 * one, and an absent scope, keep the old (STANDARDS 19).
 *
 * @throws {LoginRequired} code `invalid_grant` when the provider ended the session
 * @throws {Unavailable} when the provider cannot answer now
 */
export async function readRefresh(
  context: TokenContext,
  previous: {
    readonly tokens: Tokens;
    readonly kept: Readonly<Record<string, string>>;
  },
  raw: RawAnswer,
): Promise<RefreshGrant> {
  const { provider } = context.exchange;
  const step = provider.refresh === false ? undefined : inheritStep(provider.token, provider.refresh);
  const canonical = canonicalTokenAnswer(raw, step?.response, context.now(), [
    previous.tokens.refreshToken,
    context.client.secret,
  ]);
  const rotated = await rotatedToken(canonical);
  const kept = { ...previous.kept, ...canonical.kept };
  const old = { ...previous.tokens, ...(rotated === undefined ? {} : { refreshToken: rotated }) };
  const doing = `refresh "${provider.id}"`;
  try {
    const grant = await judgeGrant(context, canonical, {
      doing,
      scope: previous.tokens.scope,
      refreshing: true,
    });
    refuseOtherPerson(grant.claims, previous.tokens, doing);
    return { tokens: { ...withoutExpiry(old), ...grant.tokens }, kept: { ...kept, ...grant.kept } };
  } catch (thrown) {
    const failure = fromLibrary(thrown, doing);
    if (canonical.response.status !== 200) throw failure;
    return { tokens: old, kept, failure };
  }
}

/** The library may consume a response once only, so the rotated token is read from a copy before anybody judges. */
async function rotatedToken(canonical: CanonicalAnswer): Promise<string | undefined> {
  const fields = (await canonical.response.clone().json()) as { refresh_token?: string };
  return fields.refresh_token;
}

function withoutExpiry(tokens: Tokens): Tokens {
  const { expiresAt: _expiresAt, ...rest } = tokens;
  return rest;
}

/** OIDC Core 12.2: a refreshed id_token speaks of the same person, and by the same issuer. */
function refuseOtherPerson(claims: Claims | undefined, { idToken }: Tokens, doing: string): void {
  const before = idToken === undefined ? undefined : claimsAsStored(idToken);
  if (claims === undefined || before === undefined) return;
  if (claims["sub"] === before["sub"] && claims["iss"] === before["iss"]) return;
  throw new Failed(`Cannot ${doing}: the answer speaks of another person`, { code: "subject_changed" });
}
