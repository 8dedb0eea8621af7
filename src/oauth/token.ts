/**
 * Exchanges a code for tokens and refreshes them (RFC 6749 sections 4.1.3 and 6).
 *
 * @module
 */
import { Failed, type KeyfobError } from "../errors.ts";
import type { AcceptedAnswer } from "./answer.ts";
import type { Attempt } from "./attempt.ts";
import { secretsOf } from "./concealment.ts";
import { refuseForeignPage } from "./foreign_page.ts";
import { type Grant, judgeGrant } from "./grant.ts";
import { type Claims, claimsAsStored } from "./id_token.ts";
import { fromLibrary } from "./library_fetch.ts";
import { keptValues, prefixed } from "./placeholders.ts";
import type { RawAnswer } from "./provider_answer.ts";
import { calledIn } from "./server.ts";
import { type CanonicalAnswer, canonicalTokenAnswer, replacedRefreshToken } from "./token_answer.ts";
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
  attempt: Pick<Attempt, "redirectUri" | "codeVerifier" | "nonce" | "scope"> & {
    readonly state?: string;
  },
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
    ...secretsOf(context.client),
  ]);
  const grant = await judgeGrant(context, canonical, {
    doing: `redeem the code of "${calledIn(context.exchange)}"`,
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
    throw new Failed(`Cannot refresh "${calledIn(context.exchange)}": there is no refresh token`, {
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

/** What a refresh starts from. */
type Held = Pick<RefreshGrant, "tokens" | "kept">;

/**
 * Judges the answer to a refresh. A replaced refresh token is always in the result, whatever else is wrong; an absent
 * one, and an absent scope, keep the old (STANDARDS 19).
 *
 * @throws {LoginRequired} code `invalid_grant` when the provider ended the session
 * @throws {Unavailable} when the provider cannot answer now, or somebody else answered
 */
export async function readRefresh(
  context: TokenContext,
  previous: Held,
  raw: RawAnswer,
): Promise<RefreshGrant> {
  const { provider } = context.exchange;
  const step = provider.refresh === false ? undefined : inheritStep(provider.token, provider.refresh);
  refuseForeignPage(raw, step?.response);
  const rotated = replacedRefreshToken(raw, step?.response);
  let held: Held = rotated === undefined ? previous : withRefreshToken(previous, rotated);
  let holdsTokens = rotated !== undefined;
  const doing = `refresh "${calledIn(context.exchange)}"`;
  try {
    const canonical = canonicalTokenAnswer(raw, step?.response, context.now(), [
      previous.tokens.refreshToken,
      previous.tokens.accessToken,
      ...secretsOf(context.client),
    ]);
    holdsTokens ||= canonical.response.status === 200;
    held = { ...held, kept: { ...held.kept, ...canonical.kept } };
    return await judgeRefresh(context, held, canonical, doing);
  } catch (thrown) {
    const failure = fromLibrary(thrown, doing);
    if (!holdsTokens) throw failure;
    return { ...held, failure };
  }
}

async function judgeRefresh(
  context: TokenContext,
  held: Held,
  canonical: CanonicalAnswer,
  doing: string,
): Promise<RefreshGrant> {
  const { scope, lifetimeSeconds: earlierLifetime } = held.tokens;
  const grant = await judgeGrant(context, canonical, { doing, scope, refreshing: true, earlierLifetime });
  refuseOtherPerson(grant.claims, held.tokens, doing);
  return {
    tokens: { ...withoutExpiry(held.tokens), ...grant.tokens },
    kept: { ...held.kept, ...grant.kept },
  };
}

function withRefreshToken({ tokens, kept }: Held, refreshToken: string): Held {
  return { tokens: { ...tokens, refreshToken }, kept };
}

function withoutExpiry(tokens: Tokens): Tokens {
  const { expiresAt: _expiresAt, lifetimeSeconds: _lifetime, ...rest } = tokens;
  return rest;
}

/** OIDC Core 12.2: a refreshed id_token speaks of the same person, and by the same issuer. */
function refuseOtherPerson(claims: Claims | undefined, { idToken }: Tokens, doing: string): void {
  const before = idToken === undefined ? undefined : claimsAsStored(idToken);
  if (claims === undefined || before === undefined) return;
  if (claims["sub"] === before["sub"] && claims["iss"] === before["iss"]) return;
  throw new Failed(`Cannot ${doing}: the answer speaks of another person`, { code: "subject_changed" });
}
