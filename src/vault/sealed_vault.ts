/**
 * The vault over a store that may not be there yet.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { formatAccountName } from "./account.ts";
import type { Account, AccountName, Session, UnreadableAccount } from "./account.ts";
import type { AttemptFailure } from "./attempt_failure.ts";
import { attemptId, claimAttempt, keepAttempt, openAttempts, turnId, unknownAttempt } from "./attempts.ts";
import type { RefreshParts } from "./held_lease.ts";
import type { HandedOver } from "./hand_over.ts";
import { onceMore } from "./moved_store.ts";
import { openExisting, openOrCreate, openSuccessor } from "./opening.ts";
import type { OpeningFacts, OpenStore } from "./opening.ts";
import type { Parcel } from "./parcel.ts";
import type { KeyTarget, Rekeyed } from "./rekeying.ts";
import { freshAccount, unknownAccount } from "./refresh.ts";
import type { Fresh, FreshOptions } from "./refresh.ts";
import type { AccountRow } from "./store.ts";
import { isSecretOf, secretId } from "./record_places.ts";
import { notStored } from "./store_trouble.ts";
import { sessionToText } from "./sealed_text.ts";
import { accountFrom, sessionPlace } from "./unsealing.ts";

export interface VaultFacts extends OpeningFacts {
  /** Milliseconds that a lease lasts unrenewed. */
  readonly lease: number;
}

/** Moved stores that stay open at most: whatever began in one is over before so many more were moved. */
const MOST_LEFT = 32;

/** The one implementation of `Vault`; see there for what each method promises. */
export class SealedVault {
  readonly #facts: VaultFacts;
  #opened: OpenStore | undefined;
  #opening: Promise<OpenStore | undefined> | undefined;
  /** Stores that were moved. What is under way there may still have something to save, so that they stay open. */
  readonly #left: OpenStore[] = [];

  constructor(facts: VaultFacts) {
    this.#facts = facts;
  }

  /**
   * Opens what is there; undefined where nothing is. Nothing is made. Every use begins here, and so in the store that
   * is there now: one that was moved is left, even for reading, since its logins may have been forgotten meanwhile.
   *
   * @throws {Unavailable} code `store_moved` where another vault took the place of the one that was open, or none did
   */
  async open(): Promise<OpenStore | undefined> {
    if (this.#opened?.store.hasMoved() === false) return this.#opened;
    this.#opening ??= this.#openAnew().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openAnew(): Promise<OpenStore | undefined> {
    const before = this.#opened;
    if (before === undefined) return (this.#opened = await openExisting(this.#facts));
    this.#opened = await openSuccessor(this.#facts, before.store.facts);
    if (this.#left.push(before) > MOST_LEFT) await this.#left.shift()?.store.close();
    return this.#opened;
  }

  get keySource(): string {
    return this.#opened?.keySource ?? "none yet";
  }

  async find(name: AccountName): Promise<Account | undefined> {
    const opened = await this.open();
    const row = await opened?.store.accounts.find(name);
    return opened === undefined || row === undefined ? undefined : accountFrom(opened.sealer, row);
  }

  async survey(): Promise<(Account | UnreadableAccount)[]> {
    const opened = await this.open();
    if (opened === undefined) return [];
    const rows = await opened.store.accounts.list();
    return Promise.all(rows.map((row) => readable(opened, row)));
  }

  async list(): Promise<Account[]> {
    const readableOnes: Account[] = [];
    for (const entry of await this.survey()) {
      if (!("unreadable" in entry)) readableOnes.push(entry);
      else this.#facts.notice(`"${formatAccountName(entry.name)}" is left out: ${entry.unreadable}`);
    }
    return readableOnes;
  }

  async mend(): Promise<void> {
    const { keepDamagedAside, isDamagedFile } = await import("./kept_aside.ts");
    if (isDamagedFile(this.#facts)) {
      await this.close();
      await keepDamagedAside(this.#facts);
    }
    await this.open();
  }

  async makeReady(): Promise<void> {
    await this.mend();
    await (await this.#create()).store.reserve();
  }

  async save(name: AccountName, session: Session): Promise<void> {
    try {
      await onceMore(async () => saveIn(await this.#create(), name, session));
    } catch (cause) {
      throw notStored(cause, `the login "${formatAccountName(name)}"`);
    }
  }

  async claim(name: AccountName): Promise<void> {
    const opened = await this.open();
    const row = await opened?.store.accounts.find(name);
    if (opened === undefined || row === undefined) return;
    await (await import("./claim.ts")).claimRow(this.#parts(opened), row);
  }

  async forget(name: AccountName): Promise<boolean> {
    const opened = await this.open();
    return (await opened?.store.accounts.forget(name)) ?? false;
  }

  async rename(old: AccountName, name: AccountName): Promise<void> {
    if (old.provider !== name.provider) throw cannotRename(old, name, "other_provider");
    const opened = await this.open();
    const result = (await opened?.store.accounts.rename(old, name)) ?? "absent";
    if (result === "absent") throw unknownAccount(old);
    if (result === "taken") throw cannotRename(old, name, "account_exists");
  }

  fresh(name: AccountName, options: FreshOptions): Promise<Fresh> {
    return onceMore(async () => {
      const opened = await this.open();
      const row = await opened?.store.accounts.find(name);
      if (opened === undefined || row === undefined) throw unknownAccount(name);
      return freshAccount(this.#parts(opened), row, options);
    });
  }

  async markStale(name: AccountName, accessToken: string | undefined): Promise<boolean> {
    const opened = await this.open();
    const row = await opened?.store.accounts.find(name);
    if (opened === undefined || row === undefined) return false;
    const { markStale } = await import("./staleness.ts");
    return markStale(this.#parts(opened), row, accessToken);
  }

  async handOver(name: AccountName): Promise<HandedOver> {
    return (await import("./hand_over.ts")).handOver(await this.#mustOpen(name), name);
  }

  async takeBack(name: AccountName): Promise<void> {
    await (await import("./hand_over.ts")).takeBack(await this.#mustOpen(name), name);
  }

  async forgetExported(name: AccountName, receipt: string): Promise<void> {
    await (await import("./hand_over.ts")).forgetExported(await this.#mustOpen(name), name, receipt);
  }

  async publicKey(): Promise<string> {
    return (await import("./parcel.ts")).publicKey(await this.#create());
  }

  async isOwnKey(recipient: string): Promise<boolean> {
    const opened = await this.open();
    return opened !== undefined && (await import("./parcel.ts")).isOwnKey(opened, recipient);
  }

  async openParcel(text: string): Promise<Parcel> {
    return (await import("./parcel.ts")).open(await this.#create(), text);
  }

  async wasParcelTaken(parcel: Parcel): Promise<boolean> {
    return (await import("./parcel.ts")).wasTaken(await this.#create(), parcel);
  }

  async takeParcelOnce(parcel: Parcel): Promise<boolean> {
    await (await this.#create()).store.reserve();
    return (await import("./parcel.ts")).takeOnce(await this.#create(), parcel);
  }

  async rekey(target: KeyTarget = {}): Promise<Rekeyed> {
    const { store } = await this.#create();
    const rekeyed = await (await import("./rekeying.ts")).rekey(this.#facts, store, target);
    await this.close();
    return rekeyed;
  }

  async keepAttempt(attempt: Attempt): Promise<void> {
    try {
      await keepAttempt(await this.#create(), attempt);
    } catch (cause) {
      throw notStored(cause, "the login that was begun");
    }
  }

  async claimAttempt(state: string): Promise<Attempt> {
    const opened = await this.open();
    if (opened === undefined) throw unknownAttempt();
    return claimAttempt(opened, state);
  }

  async inTurn<Result>(state: string, work: () => Promise<Result>): Promise<Result | undefined> {
    const opened = await this.open();
    if (opened === undefined) throw unknownAttempt();
    return (await import("./turn.ts")).inTurn(opened.store.attempts, turnId(state), work);
  }

  async releaseAttempt(state: string): Promise<void> {
    await (await this.open())?.store.attempts.release(attemptId(state));
  }

  async finishAttempt(state: string, failure?: AttemptFailure): Promise<void> {
    await (await this.open())?.store.attempts.finish(attemptId(state), failure);
  }

  async openAttempts(): Promise<Attempt[]> {
    const opened = await this.open();
    return opened === undefined ? [] : openAttempts(opened);
  }

  async keepClientSecret(provider: string, clientId: string, secret: string): Promise<void> {
    try {
      const { store, sealer } = await this.#create();
      const rowId = secretId(provider, clientId);
      const place = { kind: "client_secret", rowId } as const;
      await sealer.write(place, secret, (sealed) => store.secrets.keep(rowId, sealed));
    } catch (cause) {
      throw notStored(cause, "the client secret");
    }
  }

  async clientSecret(provider: string, clientId: string): Promise<string | undefined> {
    const opened = await this.open();
    const rowId = secretId(provider, clientId);
    const sealed = await opened?.store.secrets.read(rowId);
    if (opened === undefined || sealed === undefined) return undefined;
    return opened.sealer.open({ kind: "client_secret", rowId }, sealed);
  }

  async forgetClientSecrets(provider: string, clientId?: string): Promise<boolean> {
    const opened = await this.open();
    const secrets = (await opened?.store.secrets.all()) ?? [];
    const own = secrets.filter(({ id }) => isSecretOf(id, provider, clientId));
    for (const { id } of own) await opened?.store.secrets.forget(id);
    return own.length > 0;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    for (const { store } of this.#left.splice(0)) await store.close();
    await opened?.store.close();
  }

  async #mustOpen(name: AccountName): Promise<OpenStore> {
    return (await this.open()) ?? Promise.reject(unknownAccount(name));
  }

  #parts({ store, sealer }: OpenStore): RefreshParts {
    return { store, sealer, now: this.#facts.clock.now, lease: this.#facts.lease };
  }

  async #create(): Promise<OpenStore> {
    return (await this.open()) ?? (this.#opened = await openOrCreate(this.#facts));
  }
}

async function saveIn({ store, sealer }: OpenStore, name: AccountName, session: Session): Promise<void> {
  // Another process may take the name between the look and the write: then the next look finds its row.
  for (let saved = false; !saved;) {
    const id = (await store.accounts.find(name))?.id ?? crypto.randomUUID();
    saved = await sealer.write(sessionPlace(id), sessionToText(session), (sealed) =>
      store.accounts.save({ id, name, sealed }),
    );
  }
}

async function readable({ sealer }: OpenStore, row: AccountRow): Promise<Account | UnreadableAccount> {
  try {
    return await accountFrom(sealer, row);
  } catch (cause) {
    return { name: row.name, unreadable: cause instanceof Error ? cause.message : String(cause) };
  }
}

const RENAME_REFUSALS = {
  other_provider: "an account stays with its provider",
  account_exists: "the new name belongs to another account",
};

function cannotRename(old: AccountName, name: AccountName, code: keyof typeof RENAME_REFUSALS): UsageError {
  const names = `"${formatAccountName(old)}" to "${formatAccountName(name)}"`;
  return new UsageError(`Cannot rename ${names}: ${RENAME_REFUSALS[code]}`, { code, hint: "keyfob status" });
}
