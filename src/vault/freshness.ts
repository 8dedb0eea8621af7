/**
 * Whether stored tokens will do.
 *
 * @module
 */
import { expiresWithin } from "../oauth/tokens.ts";
import type { Account } from "./account.ts";

/** Seconds a token must still work where nobody says: enough for a slow request. */
export const USUAL_MIN_VALID_SECONDS = 60;

/** `short-lived`: the provider never gives as much time as was asked for, and the token is in its first half. */
export type Freshness = "fresh" | "short-lived" | "stale";

/** What the judgement takes of an account. */
type Judged = Pick<Account, "session" | "state" | "issuedAt">;

/** How long the account's access token will still work, against `minValidSeconds` from `now`. */
export function freshnessOf(account: Judged, minValidSeconds: number, now: Date): Freshness {
  const { tokens, quarantined } = account.session;
  if (account.state === "dead" || quarantined === true) return "stale";
  if (!expiresWithin(tokens, minValidSeconds, now)) return "fresh";
  const lifetime = lifetimeOf(account);
  if (lifetime > minValidSeconds || lifetime <= 0) return "stale";
  return expiresWithin(tokens, lifetime / 2, now) ? "stale" : "short-lived";
}

/** Seconds between the giving of the token and its end; infinite where the provider named no end. */
function lifetimeOf({ session, issuedAt }: Judged): number {
  const { expiresAt } = session.tokens;
  return expiresAt === undefined
    ? Number.POSITIVE_INFINITY
    : (expiresAt.getTime() - issuedAt.getTime()) / 1000;
}
