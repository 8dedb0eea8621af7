/**
 * Marking an access token that a resource refused, so that the next call gets another one.
 *
 * @module
 */
import type { Session } from "./account.ts";
import type { RefreshParts } from "./held_lease.ts";
import { thisHolder } from "./holder.ts";
import { sessionToText } from "./sealed_text.ts";
import type { AccountRow, TakenLease } from "./store.ts";
import { accountFrom, sessionPlace } from "./unsealing.ts";

/**
 * Marks the account's access token stale where it is still `accessToken` (any, where that is absent) and can be
 * refreshed. Done under the lease, so that it never undoes a refresh: where one is under way, or its answer waits
 * in the journal, the token that was refused goes anyway.
 *
 * Returns false where the account's token stays as it is.
 */
export async function markStale(
  parts: RefreshParts,
  row: AccountRow,
  accessToken: string | undefined,
): Promise<boolean> {
  const { leases } = parts.store;
  const ticket = { accountId: row.id, generation: row.generation, owner: crypto.randomUUID() };
  const terms = { holder: thisHolder(), milliseconds: parts.lease, evict: null };
  const taken = await leases.take(ticket, terms);
  if (taken === undefined) return false;
  const session = await staleSession(parts, taken, accessToken);
  if (session === undefined) {
    await leases.release(ticket, { forAll: false, withoutEffect: false });
    return false;
  }
  return await parts.sealer.write(sessionPlace(row.id), sessionToText(session), (sealed) =>
    leases.restate(ticket, sealed),
  );
}

/** The session with its token marked; undefined where nothing is to be marked. */
async function staleSession(
  { sealer }: RefreshParts,
  { row, journal }: TakenLease,
  accessToken: string | undefined,
): Promise<Session | undefined> {
  const { session, state } = await accountFrom(sealer, row);
  const { refreshToken, accessToken: stored } = session.tokens;
  if (state !== "alive" || journal.length > 0 || refreshToken === undefined) return undefined;
  if (accessToken !== undefined && accessToken !== stored) return undefined;
  return { ...session, quarantined: true };
}
