/**
 * A write to an account that is about to end, so that nothing is ended elsewhere which cannot be forgotten here.
 *
 * @module
 */
import type { RefreshParts } from "./held_lease.ts";
import { isGone, thisHolder } from "./holder.ts";
import type { AccountRow } from "./store.ts";

/**
 * Takes the lease on the row, which nobody gives back: forgetting ends it, and so does the end of this process.
 * A lease that somebody else holds was written a moment ago, which proves as much.
 *
 * @throws {Failed} code `store_…` where the store cannot be written
 */
export async function claimRow({ store, lease: milliseconds }: RefreshParts, row: AccountRow): Promise<void> {
  const ticket = { accountId: row.id, generation: row.generation, owner: crypto.randomUUID() };
  const evict = row.lease !== null && isGone(row.lease.holder) ? row.lease.owner : null;
  await store.leases.take(ticket, { holder: thisHolder(), milliseconds, evict });
}
