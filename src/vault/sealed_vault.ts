/**
 * The vault over a store that may not be there yet.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { formatAccountName } from "./account.ts";
import type { Account, AccountName, Session } from "./account.ts";
import { attemptId, claimAttempt, keepAttempt, openAttempts, unknownAttempt } from "./attempts.ts";
import { openExisting, openOrCreate } from "./opening.ts";
import type { OpeningFacts, OpenStore } from "./opening.ts";
import { freshAccount, unknownAccount } from "./refresh.ts";
import type { Fresh, FreshOptions } from "./refresh.ts";
import type { AccountRow } from "./store.ts";
import { notStored } from "./store_trouble.ts";
import { accountFrom, sealSession } from "./unsealing.ts";

/** The one implementation of `Vault`; see there for what each method promises. */
export class SealedVault {
  readonly #facts: OpeningFacts;
  #opened: OpenStore | undefined;

  constructor(facts: OpeningFacts) {
    this.#facts = facts;
  }

  /** Opens what is there; undefined where nothing is. Nothing is made. */
  async open(): Promise<OpenStore | undefined> {
    this.#opened ??= await openExisting(this.#facts);
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

  async list(): Promise<Account[]> {
    const opened = await this.open();
    if (opened === undefined) return [];
    const rows = await opened.store.accounts.list();
    const accounts = await Promise.all(rows.map((row) => this.#readable(opened, row)));
    return accounts.filter((account) => account !== undefined);
  }

  async save(name: AccountName, session: Session): Promise<void> {
    try {
      const { store, sealer } = await this.#create();
      // Another process may take the name between the look and the write: then the next look finds its row.
      for (let saved = false; !saved;) {
        const id = (await store.accounts.find(name))?.id ?? crypto.randomUUID();
        saved = await store.accounts.save({ id, name, sealed: await sealSession(sealer, id, session) });
      }
    } catch (cause) {
      throw notStored(cause, `the login "${formatAccountName(name)}"`);
    }
  }

  async forget(name: AccountName): Promise<boolean> {
    const opened = await this.open();
    return (await opened?.store.accounts.forget(name)) ?? false;
  }

  async rename(old: AccountName, name: AccountName): Promise<void> {
    if (old.provider !== name.provider) throw cannotRename(old, name, "other_provider");
    const opened = await this.open();
    const result = (await opened?.store.accounts.rename(old, name)) ?? "absent";
    if (result === "absent") throw cannotRename(old, name, "unknown_account");
    if (result === "taken") throw cannotRename(old, name, "account_exists");
  }

  async fresh(name: AccountName, options: FreshOptions): Promise<Fresh> {
    const opened = await this.open();
    const row = await opened?.store.accounts.find(name);
    if (opened === undefined || row === undefined) throw unknownAccount(name);
    return freshAccount({ store: opened.store, sealer: opened.sealer, now: this.#facts.now }, row, options);
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

  async releaseAttempt(state: string): Promise<void> {
    await (await this.open())?.store.attempts.release(attemptId(state));
  }

  async finishAttempt(state: string): Promise<void> {
    await (await this.open())?.store.attempts.finish(attemptId(state));
  }

  async openAttempts(): Promise<Attempt[]> {
    const opened = await this.open();
    return opened === undefined ? [] : openAttempts(opened);
  }

  async keepClientSecret(provider: string, clientId: string, secret: string): Promise<void> {
    try {
      const { store, sealer } = await this.#create();
      const rowId = secretId(provider, clientId);
      await store.secrets.keep(rowId, await sealer.seal({ kind: "client_secret", rowId }, secret));
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

  close(): void {
    this.#opened?.store.close();
    this.#opened = undefined;
  }

  async #create(): Promise<OpenStore> {
    this.#opened ??= await openOrCreate(this.#facts);
    return this.#opened;
  }

  async #readable({ sealer }: OpenStore, row: AccountRow): Promise<Account | undefined> {
    try {
      return await accountFrom(sealer, row);
    } catch (cause) {
      const why = cause instanceof Error ? `: ${cause.message}` : "";
      this.#facts.notice(`"${formatAccountName(row.name)}" is left out${why}`);
      return undefined;
    }
  }
}

/** The row of a client's secret: one a provider and client. */
function secretId(provider: string, clientId: string): string {
  return JSON.stringify([provider, clientId]);
}

const RENAME_REFUSALS = {
  other_provider: "an account stays with its provider",
  unknown_account: "there is no such account",
  account_exists: "the new name belongs to another account",
};

function cannotRename(old: AccountName, name: AccountName, code: keyof typeof RENAME_REFUSALS): UsageError {
  const names = `"${formatAccountName(old)}" to "${formatAccountName(name)}"`;
  return new UsageError(`Cannot rename ${names}: ${RENAME_REFUSALS[code]}`, { code, hint: "keyfob status" });
}
