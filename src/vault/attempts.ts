/**
 * Logins under way, kept sealed between `login --begin` and `finish`.
 *
 * The state is the key they are found by, and only its hash is stored: whoever reads the file cannot answer for them.
 *
 * @module
 */
import { LoginRequired } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import type { AttemptFailure } from "./attempt_failure.ts";
import { attemptFromText, attemptToText } from "./sealed_text.ts";
import type { Store } from "./store.ts";
import type { VaultSealer } from "./vault_sealer.ts";

interface AttemptParts {
  readonly store: Store;
  readonly sealer: VaultSealer;
}

export async function keepAttempt({ store, sealer }: AttemptParts, attempt: Attempt): Promise<void> {
  const id = attemptId(attempt.state);
  const expiresAt = attempt.expiresAt.getTime();
  await sealer.write({ kind: "attempt", rowId: id }, attemptToText(attempt), (sealed) =>
    store.attempts.keep({ id, sealed, expiresAt }),
  );
}

/**
 * Gives the attempt to the first who asks, who then sends its code: whoever is ended afterwards leaves it used, since
 * nobody knows what was sent.
 *
 * @throws {LoginRequired} code `attempt_unknown`, `attempt_used` or `attempt_expired`
 */
export async function claimAttempt({ store, sealer }: AttemptParts, state: string): Promise<Attempt> {
  const id = attemptId(state);
  const claimed = await store.attempts.claim(id);
  if (claimed === "unknown") throw unknownAttempt();
  if (claimed === "used")
    throw noAttempt("attempt_used", "it was finished already, or is being finished now");
  if (claimed === "expired") throw noAttempt("attempt_expired", "it took too long and has expired");
  if ("outcome" in claimed) throw inVain(claimed);
  return attemptFromText(await sealer.open({ kind: "attempt", rowId: id }, claimed));
}

/** Those that can still be finished, the one that ends first first. */
export async function openAttempts({ store, sealer }: AttemptParts): Promise<Attempt[]> {
  const found = await store.attempts.open();
  const opened = await Promise.allSettled(
    found.map(async ({ id, sealed }) =>
      attemptFromText(await sealer.open({ kind: "attempt", rowId: id }, sealed)),
    ),
  );
  return opened.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
}

/** What names an attempt in the store: the hash of its state. */
export function attemptId(state: string): string {
  return new Bun.CryptoHasher("sha256").update(state).digest("hex");
}

/** What names the turn at an attempt in the store. */
export function turnId(state: string): string {
  return attemptId(`turn ${state}`);
}

export function unknownAttempt(): LoginRequired {
  return noAttempt("attempt_unknown", "no login with this state was begun here");
}

const WHY_IN_VAIN: Readonly<Record<AttemptFailure["outcome"], string>> = {
  refused: "the provider refused its code",
  failed: "it was tried already, and failed",
  unapproved: "its device code was tried already, and brought no login",
};

function inVain({ outcome, account }: AttemptFailure): LoginRequired {
  const method = outcome === "unapproved" ? " --method device" : "";
  const hint = `begin again: keyfob login ${account} --begin${method}`;
  return noAttempt("attempt_used", WHY_IN_VAIN[outcome], hint);
}

function noAttempt(code: string, why: string, hint = "keyfob login ACCOUNT --begin"): LoginRequired {
  return new LoginRequired(`Cannot finish this login: ${why}`, { code, hint });
}
