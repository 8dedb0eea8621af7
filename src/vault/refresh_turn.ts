/**
 * One turn of the refresh transaction: the lease and all that is done under it, or a moment's wait.
 *
 * @module
 */
import type { Account } from "./account.ts";
import { HeldLease, LEASE } from "./held_lease.ts";
import type { RefreshParts } from "./held_lease.ts";
import { isGone, thisHolder } from "./holder.ts";
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

/** Milliseconds between two looks at a lease that another process holds, at least and at most. */
const LOOK_AGAIN = [50, 250] as const;

/** Refreshes where the lease is to be had; else waits a moment. Undefined where the row must be read again. */
export async function refreshOrWait(
  parts: RefreshParts,
  turn: Turn,
  row: AccountRow,
): Promise<Account | undefined> {
  const evict = row.lease !== null && isGone(row.lease.holder) ? row.lease.owner : null;
  if (row.lease !== null && !row.lease.over && evict === null) {
    await pause(jitter(...LOOK_AGAIN), turn.signal);
    return undefined;
  }
  const lease = await takeLease(parts, row, evict);
  return lease === undefined ? undefined : await refreshUnder(lease, parts, turn);
}

async function takeLease(
  parts: RefreshParts,
  row: AccountRow,
  evict: string | null,
): Promise<HeldLease | undefined> {
  const ticket = { accountId: row.id, generation: row.generation, owner: crypto.randomUUID() };
  const terms = { holder: thisHolder(), milliseconds: LEASE, evict };
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
