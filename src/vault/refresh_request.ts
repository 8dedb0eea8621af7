/**
 * Sending a refresh under a lease, as often as is safe.
 *
 * @module
 */
import { ConfigurationError, Failed, KeyfobError, LoginRequired, Refused, Unavailable } from "../errors.ts";
import type { HeldLease } from "./held_lease.ts";
import { jitter, pause } from "./pause.ts";
import type { RefreshOutcome, Refresher } from "./refresher.ts";
import type { JournalEntry } from "./store.ts";

/** Requests that certainly had no effect (never sent, 429, 503) are tried this often in all. */
const TRIES = 3;

/** Seconds of a provider's `Retry-After` that are worth waiting for; beyond, the caller is told. */
const LONGEST_RETRY_AFTER = 5;

/** Milliseconds before a retry, at least and at most; times the tries so far. */
const RETRY_PAUSE = [100, 200] as const;

const CUT_OFF =
  "an earlier refresh was cut off before its answer was stored, so the token that replaced this one may be lost";

/** What one lease has tried so far. */
interface Tally {
  tries: number;
  /** Whether a request, of this lease or of an earlier holder, may have reached the provider without an answer. */
  ambiguous: boolean;
}

/**
 * Sends the refresh. Undefined where nothing more is to be done under this lease: it was lost, or the account is
 * now marked dead.
 *
 * @throws {KeyfobError} whatever ended the refresh; the lease is released and the credentials are as before
 */
export async function requestRefresh(
  lease: HeldLease,
  refresher: Refresher,
  signal: AbortSignal | undefined,
): Promise<RefreshOutcome | undefined> {
  const tally: Tally = { tries: 0, ambiguous: lease.journal.some(isUnanswered) };
  for (;;) {
    tally.tries += 1;
    try {
      return await refresher.refresh(lease.account.session, lease.tools(signal));
    } catch (failure) {
      if (lease.lost) return undefined;
      if (isEndOfGrant(failure)) return await bury(lease, failure, tally);
      if (!mayRetry(lease, failure, tally)) return await giveUp(lease, failure, tally);
      await waitToRetry(lease, failure, tally, signal);
    }
  }
}

/** An answer that was read and held no tokens is no loss, and one that held some is used before anybody asks again. */
function isUnanswered({ state }: JournalEntry): boolean {
  return state === "intent";
}

function isEndOfGrant(failure: unknown): failure is LoginRequired {
  return failure instanceof LoginRequired && failure.code === "invalid_grant";
}

async function bury(lease: HeldLease, failure: LoginRequired, tally: Tally): Promise<undefined> {
  await lease.bury(tally.ambiguous ? `${failure.message}; ${CUT_OFF}` : failure.message);
}

/** An answer in the journal is read by the next holder; sending the same refresh token again could end the session. */
function mayRetry(lease: HeldLease, failure: unknown, tally: Tally): failure is Unavailable {
  if (!(failure instanceof Unavailable) || lease.answered) return false;
  if ((failure.retryAfterSeconds ?? 0) > LONGEST_RETRY_AFTER || tally.tries >= TRIES) return false;
  return !mayHaveArrived(lease, failure) || !tally.ambiguous;
}

async function waitToRetry(
  lease: HeldLease,
  failure: Unavailable,
  tally: Tally,
  signal: AbortSignal | undefined,
): Promise<void> {
  tally.ambiguous ||= mayHaveArrived(lease, failure);
  const [least, most] = RETRY_PAUSE;
  const own = jitter(least, most) * tally.tries;
  try {
    await pause(Math.max(own, (failure.retryAfterSeconds ?? 0) * 1000), signal);
  } catch (reason) {
    await giveUp(lease, reason, tally);
  }
}

/** Releases the lease and throws the failure; the journal keeps what the next holder must know. */
async function giveUp(lease: HeldLease, failure: unknown, tally: Tally): Promise<never> {
  if (lease.answered && isJudgement(failure)) await lease.setAside();
  await lease.release({
    ...(failure instanceof KeyfobError ? { error: failure.message } : {}),
    forAll: failure instanceof Unavailable,
    withoutEffect: !tally.ambiguous && !mayHaveArrived(lease, failure),
  });
  throw failure;
}

/** Whether the provider may have acted on the request though no answer came. What is no failure of ours may come at any time. */
function mayHaveArrived(lease: HeldLease, failure: unknown): boolean {
  if (!lease.sending || isJudgement(failure)) return false;
  return !(failure instanceof Unavailable) || failure.sent;
}

/** The provider's answer was read and holds no tokens: a failed check would have been an outcome. */
function isJudgement(failure: unknown): boolean {
  return [LoginRequired, ConfigurationError, Failed, Refused].some((kind) => failure instanceof kind);
}
