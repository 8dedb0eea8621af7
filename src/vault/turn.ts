/**
 * A turn at something that one process may do at a time, which ends soon after its process.
 *
 * @module
 */
import type { AttemptStore } from "./store.ts";

/** Milliseconds a turn lasts unrenewed: what a process that was killed costs the next one. */
const TURN = 10_000;
/** Milliseconds between two renewals: some may be late or fail. */
const RENEWAL = 3000;

/** Runs `work` unless somebody else has the turn of `id`; then the result is undefined. Times are milliseconds. */
export async function inTurn<Result>(
  store: AttemptStore,
  id: string,
  work: () => Promise<Result>,
  { lasts = TURN, renewed = RENEWAL }: { readonly lasts?: number; readonly renewed?: number } = {},
): Promise<Result | undefined> {
  const until = await store.takeTurn(id, lasts);
  if (until === undefined) return undefined;
  let latest = Promise.resolve<number | undefined>(until);
  const renew = async (before: number | undefined): Promise<number | undefined> =>
    before === undefined ? undefined : store.renewTurn(id, before, lasts);
  const renewing = setInterval(() => void (latest = latest.then(renew).catch(() => undefined)), renewed);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await end(store, id, await latest);
  }
}

/** A turn that cannot be ended is over by itself; what the work brought must not be lost for it. */
async function end(store: AttemptStore, id: string, until: number | undefined): Promise<void> {
  if (until !== undefined) await store.endTurn(id, until).catch(() => {});
}
