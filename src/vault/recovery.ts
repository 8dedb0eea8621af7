/**
 * Using the answers that earlier holders of the lease journalled and could not save.
 *
 * @module
 */
import { Failed, KeyfobError, LoginRequired } from "../errors.ts";
import type { HeldLease } from "./held_lease.ts";
import type { RefreshOutcome, Refresher } from "./refresher.ts";
import { answerFromText } from "./sealed_text.ts";
import type { JournalEntry } from "./store.ts";

/** What a journalled answer gave, and when the provider gave it. */
interface Recovered {
  readonly outcome: RefreshOutcome;
  readonly receivedAt: Date;
}

/**
 * Saves what the newest usable answer of this generation holds. Whether there was one.
 *
 * @throws {KeyfobError} where an answer cannot be read for now: the lease is released, the answer stays
 */
export async function recoverAnswer(lease: HeldLease, refresher: Refresher): Promise<boolean> {
  for (const entry of lease.journal) {
    const recovered = await read(lease, refresher, entry);
    if (recovered === undefined) continue;
    await lease.save(recovered.outcome, recovered.receivedAt);
    return true;
  }
  return false;
}

async function read(
  lease: HeldLease,
  refresher: Refresher,
  entry: JournalEntry,
): Promise<Recovered | undefined> {
  if (entry.state !== "answer" || entry.sealed === null) return undefined;
  try {
    const { rawAnswer, receivedAt } = answerFromText(await lease.open(entry.sealed));
    return { outcome: await refresher.recover(lease.account.session, rawAnswer, receivedAt), receivedAt };
  } catch (failure) {
    if (failure instanceof LoginRequired || failure instanceof Failed) {
      await lease.setAside(entry);
      return undefined;
    }
    const error = failure instanceof KeyfobError ? { error: failure.message } : {};
    await lease.release({ ...error, forAll: false, withoutEffect: false });
    throw failure;
  }
}
