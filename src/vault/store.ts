/**
 * What the vault asks of a store: sealed rows, leases and compare-and-swap, in whatever database.
 *
 * Every method is one transaction, durable when its promise resolves. The store owns the clock that leases
 * and attempts are measured by, since a store shared by several machines must.
 *
 * @module
 */
import type { AccountName } from "./account.ts";
import type { AttemptFailure } from "./attempt_failure.ts";
import type { RecordPlace, SealedBytes } from "./sealing.ts";

/** Where a key came from: a kind of source, and the file or entry that it was. */
export interface KeySource {
  readonly kind: "variable" | "credential" | "keychain" | "file";
  readonly place: string;
}

/** What a store knows of itself. */
export interface StoreFacts {
  readonly storeId: string;
  readonly keyFingerprint: string;
  readonly keySource: KeySource;
}

/** The clocks of this machine, for a store that has none of its own. */
export interface Clock {
  readonly now: () => Date;
  /** Milliseconds since the machine started: leases hold by it where the wall clock is set. Null where unknown. */
  readonly ticks: () => number | null;
}

/** `exported`: moved to another vault, so that it must not be refreshed here. */
export type AccountState = "alive" | "dead" | "exported";

/** An account as it lies in the store. Times are milliseconds since 1970. */
export interface AccountRow {
  /** Random, and the same for the row's whole life: names are data, this is what sealing binds to. */
  readonly id: string;
  readonly name: AccountName;
  /** Moves with every change of what is sealed. */
  readonly generation: number;
  readonly sealed: Uint8Array;
  readonly state: AccountState;
  readonly reason: string | null;
  /** What an import elsewhere must answer with before an exported account is forgotten; else null. */
  readonly receipt: string | null;
  readonly createdAt: number;
  readonly issuedAt: number;
  readonly refreshedAt: number | null;
  /** Refreshes that failed for now, one after the other. */
  readonly failures: number;
  readonly lastError: string | null;
  readonly lease: Lease | null;
  /** Whether the journal holds an answer for this very generation. */
  readonly recoverable: boolean;
  /** Whether the lease's owner may have a request under way. */
  readonly sending: boolean;
}

/** Who is refreshing a row now. */
export interface Lease {
  readonly owner: string;
  /** Identity of the process; null where the platform has none. */
  readonly holder: string | null;
  /** Milliseconds since its time ran out; negative where it still holds. */
  readonly overdue: number;
}

/** What every change under a lease is compared with. */
export interface Ticket {
  readonly accountId: string;
  /** Random, new for every lease. */
  readonly owner: string;
  readonly generation: number;
}

/** A request of a refresh: begun (`intent`), answered, or answered with something that is of no use. */
export interface JournalEntry {
  readonly owner: string;
  readonly state: "intent" | "answer" | "unusable";
  readonly sealed: Uint8Array | null;
}

/** A row under a lease just taken, with the journal of its generation, newest first. */
export interface TakenLease {
  readonly row: AccountRow;
  readonly journal: readonly JournalEntry[];
}

export interface AccountStore {
  find(name: AccountName): Promise<AccountRow | undefined>;
  read(id: string): Promise<AccountRow | undefined>;
  /** Sorted by provider, then label. */
  list(): Promise<AccountRow[]>;
  /**
   * Creates or replaces: the next generation, alive, without lease and journal.
   * Returns false where the name meanwhile belongs to another row, or the row to another name.
   */
  save(row: {
    readonly id: string;
    readonly name: AccountName;
    readonly sealed: SealedBytes;
  }): Promise<boolean>;
  forget(name: AccountName): Promise<boolean>;
  rename(old: AccountName, name: AccountName): Promise<"renamed" | "absent" | "taken">;
  /**
   * Marks an alive account as exported, so that nobody refreshes it any more. `busy`: a refresh holds it;
   * `unfinished`: a refresh was cut off and must be completed first; `changed`: the generation moved.
   */
  handOver(
    ticket: Pick<Ticket, "accountId" | "generation">,
    receipt: string,
  ): Promise<"exported" | "busy" | "unfinished" | "changed">;
  /** Makes an exported account alive again. False where it is not exported. */
  takeBack(name: AccountName): Promise<boolean>;
  /** Forgets an account that was exported with this receipt. False where there is none. */
  forgetExported(name: AccountName, receipt: string): Promise<boolean>;
  /** Puts a row of another store here in place of what has its name. */
  restore(row: RestoredAccount): Promise<void>;
}

/** What of an account moves to another store. */
export type RestoredAccount = Pick<
  AccountRow,
  "id" | "name" | "state" | "reason" | "receipt" | "createdAt" | "issuedAt" | "refreshedAt" | "lastError"
> & { readonly sealed: SealedBytes };

export interface LeaseStore {
  /** Undefined where the generation moved, or the lease is held by another than `evict`. */
  take(
    ticket: Ticket,
    lease: { readonly holder: string | null; readonly milliseconds: number; readonly evict: string | null },
  ): Promise<TakenLease | undefined>;
  /**
   * Prolongs the lease, journals the intent to send, and makes sure that there is room for the answer.
   * False where the lease is lost.
   */
  renew(ticket: Ticket, milliseconds: number): Promise<boolean>;
  /** Journals an answer, also for a holder that lost its lease. False where the generation moved. */
  keepAnswer(ticket: Ticket, sealed: SealedBytes): Promise<boolean>;
  /** Marks the journal entry of `owner` as of no use; it stays until the generation moves. */
  setAside(ticket: Ticket, owner: string): Promise<void>;
  /** Saves the next generation, alive, and releases. False where the lease is lost. */
  finish(ticket: Ticket, change: FinishedRefresh): Promise<boolean>;
  /** Saves the next generation without a refresh, all else as it is, and releases. False where the lease is lost. */
  restate(ticket: Ticket, sealed: SealedBytes): Promise<boolean>;
  /** Marks the row dead at this generation and releases. False where the lease is lost. */
  bury(ticket: Ticket, reason: string): Promise<boolean>;
  release(ticket: Ticket, result: UnfinishedRefresh): Promise<void>;
}

export interface FinishedRefresh {
  readonly sealed: SealedBytes;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** What a check found wrong with the answer; null where all is well. */
  readonly error: string | null;
}

export interface UnfinishedRefresh {
  /** Shown by `status`; undefined where there is nothing to say. */
  readonly error?: string;
  /** Whether those who wait may take this failure for their own. */
  readonly forAll: boolean;
  /** Whether no request can have had an effect, so that the journalled intent means nothing. */
  readonly withoutEffect: boolean;
}

export interface AttemptStore {
  keep(attempt: {
    readonly id: string;
    readonly sealed: SealedBytes;
    readonly expiresAt: number;
  }): Promise<void>;
  /** What is sealed, for the first who asks; else why there is nothing. */
  claim(id: string): Promise<Uint8Array | "unknown" | "used" | "expired" | AttemptFailure>;
  release(id: string): Promise<void>;
  /** Leaves a tombstone without secrets, which says why where it came to nothing. */
  finish(id: string, failure?: AttemptFailure): Promise<void>;
  /** Leaves a tombstone for something that may be done once. False where there is one. */
  bar(id: string, forgetAt: number): Promise<boolean>;
  /** Takes a turn at something that one may do at a time. Returns when the turn is over; undefined where another has it. */
  takeTurn(id: string, milliseconds: number): Promise<number | undefined>;
  /** Prolongs the turn that would be over at `until`; undefined where it is lost. */
  renewTurn(id: string, until: number, milliseconds: number): Promise<number | undefined>;
  /** Ends the turn that would be over at `until`; one that somebody else has by now goes on. */
  endTurn(id: string, until: number): Promise<void>;
  /** Neither claimed nor expired. */
  open(): Promise<{ readonly id: string; readonly sealed: Uint8Array }[]>;
}

export interface SecretStore {
  keep(id: string, sealed: SealedBytes): Promise<void>;
  read(id: string): Promise<Uint8Array | undefined>;
  /** Keeps it where there is none. */
  keepFirst(id: string, sealed: SealedBytes): Promise<void>;
  all(): Promise<{ readonly id: string; readonly sealed: Uint8Array }[]>;
  forget(id: string): Promise<void>;
}

/** A sealed record of whatever kind. */
export interface SealedRecord {
  readonly place: RecordPlace;
  /** Names the record within its kind. */
  readonly id: string;
  readonly sealed: Uint8Array;
}

/** All that is sealed, for an exchange of the key. */
export interface RecordStore {
  all(): Promise<SealedRecord[]>;
  /** Exchanges the key and every record at once. False, with nothing changed, where a record is no longer as it was. */
  exchange(
    records: readonly (SealedRecord & { readonly resealed: SealedBytes })[],
    key: KeyExchange,
  ): Promise<boolean>;
}

export interface KeyExchange extends Pick<StoreFacts, "keyFingerprint" | "keySource"> {
  /** The fingerprint that the store must still have. */
  readonly before: string;
  /** Called once all is written and nothing is committed. */
  readonly beforeCommit: () => void;
}

export interface Store {
  /** As they were when it was opened. */
  readonly facts: StoreFacts;
  /** As they are now. */
  readFacts(): Promise<StoreFacts>;
  readonly accounts: AccountStore;
  readonly leases: LeaseStore;
  readonly attempts: AttemptStore;
  readonly secrets: SecretStore;
  readonly records: RecordStore;
  /**
   * Makes sure that what comes next can be written, and sets space aside for it.
   *
   * @throws {Failed} code `store_…` where it cannot
   */
  reserve(): Promise<void>;
  /** Whether the store that was opened is not what is at its place any more, so that it should be opened anew. */
  hasMoved(): boolean;
  close(): Promise<void>;
}
