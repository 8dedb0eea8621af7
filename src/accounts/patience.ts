/**
 * How long a person wants to wait for a login, all that comes before the answer included.
 *
 * @module
 */
import { TimedOut } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** What the person said of time. */
export interface TimeLimit {
  readonly name: AccountName;
  readonly timeoutSeconds: number;
  /** The time-out as the person wrote it. */
  readonly patience: string;
}

/** `limit` less the time since `begun`, a reading of `performance.now()`: what is left of it for the next step. */
export function lessSince<Limit extends TimeLimit>(limit: Limit, begun: number): Limit {
  const spentSeconds = (performance.now() - begun) / 1000;
  return { ...limit, timeoutSeconds: Math.max(0, limit.timeoutSeconds - spentSeconds) };
}

/** `signal`, aborted too once the provider has taken longer than the time-out, with what to throw then. */
export function withinTime(signal: AbortSignal, { name, timeoutSeconds, patience }: TimeLimit): AbortSignal {
  const account = formatAccountName(name);
  const limit = new AbortController();
  const end = (): void =>
    limit.abort(
      new TimedOut(`Cannot log in to "${account}": the provider did not answer within ${patience}`, {
        hint: `keyfob login ${account} --timeout 15m`,
      }),
    );
  setTimeout(end, timeoutSeconds * 1000).unref();
  return AbortSignal.any([signal, limit.signal]);
}
