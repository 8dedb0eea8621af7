/**
 * One turn of the refresh transaction: the lease and all that is done under it, or a moment's wait.
 *
 * @module
 */
import type { Account } from "./account.ts";
import { HeldLease } from "./held_lease.ts";
import type { RefreshParts } from "./held_lease.ts";
import { isGone, livingHolder, thisHolder } from "./holder.ts";
import { jitter, pause } from "./pause.ts";
import { recoverAnswer } from "./recovery.ts";
import { requestRefresh } from "./refresh_request.ts";
import type { Refresher } from "./refresher.ts";
import type { AccountRow } from "./store.ts";
import { accountFrom } from "./unsealing.ts";

/** What a turn needs of the call it belongs to. */
export interface Turn {
  readonly refresher: Refresher;
  readonly signal?: AbortSignal;
}

/** Milliseconds beyond its lease that a living process is waited for. */
const LONGEST_STOP = 10 * 60_000;

/** Milliseconds between two looks at a lease that another process holds, at least and at most. */
const LOOK_AGAIN = [50, 250] as const;

/** Waits after which the looks are half as frequent, and the most that they slow down: a crowd must not starve the holder. */
const CALM = 4;
const SLOWEST = 6;

/** Refreshes where the lease is to be had; else waits a moment. Undefined where the row must be read again. */
export async function refreshOrWait(
  parts: RefreshParts,
  turn: Turn,
  { row, waits }: { readonly row: AccountRow; readonly waits: number },
): Promise<Account | undefined> {
  const evict = row.lease !== null && isGone(row.lease.holder) ? row.lease.owner : null;
  if (evict === null && isHeld(row)) {
    await pause(jitter(...LOOK_AGAIN) * Math.min(1 + waits / CALM, SLOWEST), turn.signal);
    return undefined;
  }
  const lease = await takeLease(parts, row, evict);
  return lease === undefined ? undefined : await refreshUnder(lease, parts, turn);
}

/**
 * A process that outlived its lease with a request under way, stopped perhaps, may still get the only copy of the new
 * token: where it certainly lives it is waited for, since the old token sent twice can end the session.
 */
function isHeld({ lease, sending }: AccountRow): boolean {
  if (lease === null) return false;
  if (lease.overdue < 0) return true;
  return sending && lease.overdue < LONGEST_STOP && livingHolder(lease.holder) !== undefined;
}

async function takeLease(
  parts: RefreshParts,
  row: AccountRow,
  evict: string | null,
): Promise<HeldLease | undefined> {
  const ticket = { accountId: row.id, generation: row.generation, owner: crypto.randomUUID() };
  const terms = { holder: thisHolder(), milliseconds: parts.lease, evict };
  const taken = await parts.store.leases.take(ticket, terms);
  if (taken === undefined) return undefined;
  const account = await accountFrom(parts.sealer, taken.row);
  return new HeldLease(parts, { ticket, account, journal: taken.journal });
}

/** Every way out of here has released the lease or lost it. */
async function refreshUnder(lease: HeldLease, parts: RefreshParts, turn: Turn): Promise<Account | undefined> {
  if (await recoverAnswer(lease, turn.refresher)) return undefined;
  if (lease.account.state === "dead") {
    await lease.release({ forAll: false, withoutEffect: false });
    return undefined;
  }
  const outcome = await requestRefresh(lease, turn.refresher, turn.signal);
  if (outcome === undefined) return undefined;
  const issuedAt = parts.now();
  if (!(await lease.save(outcome, issuedAt))) return undefined;
  const session = { ...outcome.session, quarantined: false };
  return { ...lease.account, session, state: "alive", issuedAt, lastRefresh: issuedAt };
}
