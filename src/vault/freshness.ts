/**
 * Whether stored tokens will do.
 *
 * @module
 */
import { expiresWithin } from "../oauth/tokens.ts";
import type { Account } from "./account.ts";

/** `short-lived`: the provider never gives as much time as was asked for, and the token is in its first half. */
export type Freshness = "fresh" | "short-lived" | "stale";

/** How long the account's access token will still work, against `minValidSeconds` from `now`. */
export function freshnessOf(account: Account, minValidSeconds: number, now: Date): Freshness {
  const { tokens, quarantined } = account.session;
  if (account.state === "dead" || quarantined === true) return "stale";
  if (!expiresWithin(tokens, minValidSeconds, now)) return "fresh";
  const lifetime = lifetimeOf(account);
  if (lifetime > minValidSeconds || lifetime <= 0) return "stale";
  return expiresWithin(tokens, lifetime / 2, now) ? "stale" : "short-lived";
}

/** Seconds between the giving of the token and its end; infinite where the provider named no end. */
function lifetimeOf({ session, issuedAt }: Account): number {
  const { expiresAt } = session.tokens;
  return expiresAt === undefined
    ? Number.POSITIVE_INFINITY
    : (expiresAt.getTime() - issuedAt.getTime()) / 1000;
}
