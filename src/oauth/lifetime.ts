/**
 * How long an access token lives.
 *
 * @module
 */
import { claimsAsStored } from "./id_token.ts";
import type { Tokens } from "./tokens.ts";

/** Seconds in a century. What lives longer never expires, as providers write it; dates cannot hold much more. */
const LONGEST_LIFETIME_SECONDS = 100 * 366 * 86_400;

/** Whether `seconds` can be a lifetime at all. */
export function isLifetime(seconds: number | undefined): seconds is number {
  return seconds !== undefined && seconds >= 0 && seconds <= LONGEST_LIFETIME_SECONDS;
}

/** Seconds that a token says it lives after `now`, where it is a JSON Web Token (RFC 9068) that has not ended yet. */
export function ownLifetime(accessToken: string | undefined, now: Date): number | undefined {
  const { exp } = claimsAsStored(accessToken ?? "") ?? {};
  if (typeof exp !== "number") return undefined;
  const seconds = Math.floor(exp - now.getTime() / 1000);
  return seconds > 0 && isLifetime(seconds) ? seconds : undefined;
}

/** A life of `seconds` from `now`; none where nobody knows. */
export function lifetimeOf(
  seconds: number | undefined,
  now: Date,
): Pick<Tokens, "expiresAt" | "lifetimeSeconds"> {
  if (seconds === undefined) return {};
  return { expiresAt: new Date(now.getTime() + seconds * 1000), lifetimeSeconds: seconds };
}
