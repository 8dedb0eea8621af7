/**
 * Judges the answer of a token endpoint: its shape, its id_token, the characters of its token.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { Failed } from "../errors.ts";
import { libraryClient } from "./client.ts";
import { canJudgeIdToken, checkIdToken, type Claims, expectedIssuer } from "./id_token.ts";
import { fromLibrary } from "./library_fetch.ts";
import { lifetimeOf } from "./lifetime.ts";
import { keepValues } from "./provider_answer.ts";
import { authorizationServer } from "./server.ts";
import type { CanonicalAnswer } from "./token_answer.ts";
import type { TokenContext } from "./token_request.ts";
import type { Tokens } from "./tokens.ts";

/** What a code exchange or refresh brought, judged. */
export interface Grant {
  readonly tokens: Tokens;
  /** Of the id_token, where one came and its issuer is known. */
  readonly claims: Claims | undefined;
  /** Every field of the answer, for identity pointers. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly kept: Readonly<Record<string, string>>;
}

/** Characters that an access token may have (RFC 6749 appendix A.12). Anything else could break a header. */
const VISIBLE = /^[\x21-\x7e]+$/;

/** What an answer is judged by. */
export interface Judging {
  /** What is under way, for messages: "redeem the code of …". */
  readonly doing: string;
  /** What was asked for: the scope where the answer does not say (RFC 6749 section 5.1). */
  readonly scope: readonly string[];
  readonly nonce?: string | undefined;
  readonly refreshing?: boolean;
  /** Seconds that the token lived which this one replaces: so does this one, where nobody says otherwise. */
  readonly earlierLifetime?: number | undefined;
}

/**
 * Judges a canonical token answer: shape (RFC 6749 section 5.1), id_token (OIDC Core 3.1.3.7), characters of the token.
 *
 * @throws {LoginRequired} code `invalid_grant`
 * @throws {Failed} when the answer does not hold up
 */
export async function judgeGrant(
  context: TokenContext,
  canonical: CanonicalAnswer,
  judging: Judging,
): Promise<Grant> {
  const { exchange } = context;
  try {
    const body = (await canonical.response.clone().json()) as { id_token?: string };
    const judged = canJudgeIdToken(exchange.provider);
    const response = judged ? canonical.response : await withoutIdToken(canonical.response);
    const server = {
      ...authorizationServer(exchange),
      issuer: expectedIssuer(exchange.provider, body.id_token) || "urn:none",
    };
    const result = await process(context, server, response, {
      ...judging,
      nonce: judged && body.id_token !== undefined ? judging.nonce : undefined,
    });
    refuseUnprintable(result.access_token);
    refuseBound(result.token_type, judging.doing);
    if (result.id_token !== undefined) {
      const { id_token: idToken, access_token: accessToken } = result;
      await checkIdToken(
        exchange,
        server,
        { response, idToken, accessToken, now: context.now() },
        context.fetch,
      );
    }
    return toGrant(context, canonical, result, judging);
  } catch (thrown) {
    throw fromLibrary(thrown, judging.doing);
  }
}

function process(
  context: TokenContext,
  server: oauth.AuthorizationServer,
  response: Response,
  judging: Judging,
): Promise<oauth.TokenEndpointResponse> {
  const client = libraryClient(context.client, context.exchange.provider);
  if (judging.refreshing) return oauth.processRefreshTokenResponse(server, client, response);
  const required = context.exchange.provider.id_token?.required === true;
  return oauth.processAuthorizationCodeResponse(server, client, response, {
    requireIdToken: required,
    ...(judging.nonce !== undefined ? { expectedNonce: judging.nonce } : {}),
  });
}

async function withoutIdToken(response: Response): Promise<Response> {
  const { id_token: _idToken, ...rest } = (await response.json()) as Record<string, unknown>;
  return new Response(JSON.stringify(rest), { status: response.status, headers: response.headers });
}

/**
 * Refuses an access token that could break a header (STANDARDS 79).
 *
 * @throws {Failed} `bad_token`
 */
export function refuseUnprintable(accessToken: string): void {
  if (VISIBLE.test(accessToken)) return;
  throw new Failed("Cannot use the access token: it holds characters that no token may have", {
    code: "bad_token",
  });
}

/**
 * Refuses a token that works only with the proof of a key (RFC 9449 section 5), as keyfob asks for none.
 *
 * @throws {Failed} `unrequested_dpop`
 */
export function refuseBound(tokenType: string | undefined, doing: string): void {
  if (tokenType !== "dpop") return;
  throw new Failed(`Cannot ${doing}: the access token is bound to a key (DPoP), which nobody asked for`, {
    code: "unrequested_dpop",
    hint: "let this client have bearer tokens in the provider's settings, then log in again",
  });
}

function toGrant(
  context: TokenContext,
  canonical: CanonicalAnswer,
  result: oauth.TokenEndpointResponse,
  judging: Judging,
): Grant {
  const { provider } = context.exchange;
  const claims = oauth.getValidatedIdTokenClaims(result);
  const keepsRefreshToken = result.refresh_token !== undefined && provider.refresh !== false;
  const tokens: Tokens = {
    accessToken: result.access_token,
    tokenType: "Bearer",
    scope: result.scope?.split(" ").filter(Boolean) ?? judging.scope,
    ...lifetimeOf(result.expires_in ?? judging.earlierLifetime, context.now()),
    ...(keepsRefreshToken ? { refreshToken: result.refresh_token } : {}),
    ...(result.id_token === undefined ? {} : { idToken: result.id_token }),
  };
  const kept = { ...canonical.kept, ...keepValues(claims, provider.id_token?.keep) };
  return { tokens, claims, fields: canonical.fields, kept };
}
