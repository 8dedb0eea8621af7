/**
 * Hands out an id_token that works for at least the time asked for, to programs that take one as a credential.
 *
 * @module
 */
import { LoginRequired, UsageError } from "../errors.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";
import { freshToken, type TokenRequest } from "./token.ts";

/** An id_token and the end that it names itself. */
export interface HandedIdToken {
  readonly idToken: string;
  readonly expiresAt: Date;
}

/**
 * The id_token of an account; refreshed where it is too old, though the access token may live on.
 *
 * @throws {UsageError} `no_id_token` where the login brought none
 * @throws {LoginRequired} `id_token_expired` where refreshing brings no newer one
 * @throws what getting a token throws
 */
export async function freshIdToken(services: Services, request: TokenRequest): Promise<HandedIdToken> {
  const stored = await readIdToken(services, request);
  if (isLongEnough(stored, request, services.now())) return stored;
  const refreshed = await readIdToken(services, { ...request, force: true });
  if (isLongEnough(refreshed, request, services.now())) return refreshed;
  const account = formatAccountName(request.name);
  throw new LoginRequired(`Cannot give an id_token of "${account}": the provider refreshes it no more`, {
    code: "id_token_expired",
    hint: `keyfob login ${account}`,
  });
}

async function readIdToken(services: Services, request: TokenRequest): Promise<HandedIdToken> {
  const { tokens } = await freshToken(services, request);
  const { idToken } = tokens;
  if (idToken !== undefined) return { idToken, expiresAt: endOf(idToken) };
  const account = formatAccountName(request.name);
  throw new UsageError(`Cannot give an id_token of "${account}": its login brought none`, {
    code: "no_id_token",
    hint: `keyfob login ${account} --scope openid, at a provider that knows OpenID Connect`,
  });
}

function isLongEnough({ expiresAt }: HandedIdToken, { minValidSeconds }: TokenRequest, now: Date): boolean {
  return expiresAt.getTime() - now.getTime() > minValidSeconds * 1000;
}

/** `exp` of a token whose signature was checked when it came. Without one it is over. */
function endOf(idToken: string): Date {
  const [, payload = ""] = idToken.split(".");
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  const isObject = typeof claims === "object" && claims !== null && "exp" in claims;
  return new Date(isObject && typeof claims.exp === "number" ? claims.exp * 1000 : 0);
}
