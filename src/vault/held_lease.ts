/**
 * A lease while it is held: what is done under it, and how it ends.
 *
 * @module
 */
import { Failed, Unavailable } from "../errors.ts";
import type { KeyfobError } from "../errors.ts";
import { formatAccountName } from "./account.ts";
import type { Account } from "./account.ts";
import { pause } from "./pause.ts";
import type { RefreshOutcome, RefreshTools } from "./refresher.ts";
import { answerToText, sessionToText } from "./sealed_text.ts";
import type { JournalEntry, Store, Ticket, UnfinishedRefresh } from "./store.ts";
import { isStoreTrouble } from "./store_trouble.ts";
import { sessionPlace } from "./unsealing.ts";
import type { VaultSealer } from "./vault_sealer.ts";

/** The part of a lease that one request may take: ends well before it, so that the answer is saved under it. */
const REQUEST_SHARE = 2 / 3;

/** Times that saving a rotated token is tried, and milliseconds between: a disk may be full for a moment only. */
const SAVE_TRIES = 3;
const SAVE_PAUSE = 200;

/** What every step of the transaction works with. */
export interface RefreshParts {
  readonly store: Store;
  readonly sealer: VaultSealer;
  readonly now: () => Date;
  /** Milliseconds that a lease lasts unrenewed. */
  readonly lease: number;
}

/** One lease on one account. */
export class HeldLease {
  readonly account: Account;
  /** What earlier holders left in the journal for this generation, newest first. */
  readonly journal: readonly JournalEntry[];
  /** Set once the lease turned out to belong to somebody else. */
  lost = false;
  /** Whether an answer of this lease is in the journal. */
  answered = false;
  /** Whether a request may be on its way: the intent was journalled since {@link HeldLease.tools} was last asked. */
  sending = false;
  readonly #parts: RefreshParts;
  readonly #ticket: Ticket;

  constructor(
    parts: RefreshParts,
    held: { readonly ticket: Ticket; readonly account: Account; readonly journal: readonly JournalEntry[] },
  ) {
    this.#parts = parts;
    this.#ticket = held.ticket;
    this.account = held.account;
    this.journal = held.journal;
  }

  /** The tools of one try. */
  tools(signal: AbortSignal | undefined): RefreshTools {
    this.sending = false;
    return {
      journal: (rawAnswer) => this.#keepAnswer(rawAnswer),
      renewLease: () => this.#renew(),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /**
   * Saves what came of a refresh. False where the lease was lost: then the answer lies in the journal.
   *
   * @throws {KeyfobError} the outcome's own failure, after saving
   * @throws {Failed} where the store cannot be written
   */
  async save(outcome: RefreshOutcome, issuedAt: Date): Promise<boolean> {
    const text = sessionToText({ ...outcome.session, quarantined: outcome.failure !== undefined });
    const error = outcome.failure?.message ?? null;
    const { sealer, store } = this.#parts;
    const saved = await this.#insist(() =>
      sealer.write(sessionPlace(this.#ticket.accountId), text, (sealed) =>
        store.leases.finish(this.#ticket, { sealed, issuedAt: issuedAt.getTime(), error }),
      ),
    );
    if (!saved) this.lost = true;
    else if (outcome.failure !== undefined) throw outcome.failure;
    return saved;
  }

  /** Marks the account dead, unless the lease was lost. */
  async bury(reason: string): Promise<void> {
    if (!(await this.#parts.store.leases.bury(this.#ticket, reason))) this.lost = true;
  }

  /** Marks a journalled answer, or this lease's own, as of no use. */
  setAside(entry?: JournalEntry): Promise<void> {
    return this.#parts.store.leases.setAside(this.#ticket, entry?.owner ?? this.#ticket.owner);
  }

  /** Gives the lease back unused. Where that fails it runs out by itself, and the failure before it matters more. */
  async release(result: UnfinishedRefresh): Promise<void> {
    await this.#parts.store.leases.release(this.#ticket, result).catch(() => {});
  }

  /** The text of a journalled answer. */
  open(sealed: Uint8Array): Promise<string> {
    return this.#parts.sealer.open({ kind: "answer", rowId: this.#ticket.accountId }, sealed);
  }

  async #renew(): Promise<Date> {
    const { lease, now, store } = this.#parts;
    const sentBy = new Date(now().getTime() + lease * REQUEST_SHARE);
    this.lost ||= !(await store.leases.renew(this.#ticket, lease));
    this.sending = !this.lost;
    if (this.sending) return sentBy;
    throw new Unavailable(`Cannot refresh "${this.#name}": another process took over`, {
      code: "lease_lost",
    });
  }

  async #keepAnswer(rawAnswer: string): Promise<void> {
    const place = { kind: "answer", rowId: this.#ticket.accountId } as const;
    const text = answerToText({ rawAnswer, receivedAt: this.#parts.now() });
    const { sealer, store } = this.#parts;
    try {
      this.answered = await sealer.write(place, text, (sealed) =>
        store.leases.keepAnswer(this.#ticket, sealed),
      );
    } catch (cause) {
      if (!isStoreTrouble(cause)) throw cause;
    }
  }

  async #insist(write: () => Promise<boolean>): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (cause) {
        if (!isStoreTrouble(cause)) throw cause;
        if (tries === SAVE_TRIES) throw await this.#notStored(cause);
        await pause(SAVE_PAUSE);
      }
    }
  }

  async #notStored(cause: KeyfobError): Promise<Failed> {
    await this.release({ forAll: false, withoutEffect: false });
    const rest = this.answered
      ? "the provider's answer is kept and will be used by the next call"
      : "the provider may have replaced the refresh token, and a new login may be needed";
    return new Failed(`Cannot store the refreshed login "${this.#name}": ${cause.message}; ${rest}`, {
      code: cause.code,
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  }

  get #name(): string {
    return formatAccountName(this.account.name);
  }
}
