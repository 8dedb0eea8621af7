/**
 * Accounts at rest: sealed, and refreshed once however many ask.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import type { Paths } from "../paths.ts";
import type { Account, AccountName, Session, UnreadableAccount } from "./account.ts";
import type { AttemptFailure } from "./attempt_failure.ts";
import { bootMilliseconds } from "./boot_clock.ts";
import type { HandedOver } from "./hand_over.ts";
import { systemKeychain } from "./keychain.ts";
import type { Keychain } from "./keychain.ts";
import type { OpeningFacts } from "./opening.ts";
import type { Parcel } from "./parcel.ts";
import type { KeyTarget, Rekeyed } from "./rekeying.ts";
import type { Fresh, FreshOptions } from "./refresh.ts";
import { SealedVault } from "./sealed_vault.ts";
import type { CopyRequest, StoreCopy } from "./store_copy.ts";
import { STORE_CORRUPT } from "./store_trouble.ts";

/** Milliseconds a lease lasts unrenewed: what a process that was stopped costs the others at most. */
const LEASE = 45_000;

export interface VaultOptions {
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Milliseconds since the machine started, or null; in place of the kernel's. */
  readonly ticks?: () => number | null;
  /** In place of {@link LEASE}. */
  readonly leaseMilliseconds?: number;
  /** Takes one line for the person, such as a repaired permission. */
  readonly notice: (text: string) => void;
  /** In place of the operating system's. */
  readonly keychain?: Keychain;
}

/**
 * Open for as long as the program runs: where another process moves the store's file meanwhile, as a login does with a
 * damaged one, every use goes on in the one that is there now. Where that is another vault, with another key, or none
 * is there, it throws `Unavailable` with the code `store_moved`.
 */
export interface Vault {
  find(name: AccountName): Promise<Account | undefined>;
  /** Every account, those that cannot be opened too; sorted by provider, then label. */
  survey(): Promise<(Account | UnreadableAccount)[]>;
  /** Sorted by provider, then label. An account that cannot be opened is left out, with a notice. */
  list(): Promise<Account[]>;
  /**
   * Keeps a damaged store aside, with a notice; what can still be read of it goes into a new one. Every other method but
   * {@link Vault.makeReady} says that it is damaged, and leaves it as it is. Where a link leads, nothing is moved.
   *
   * @throws {ConfigurationError} where the store or its key is not as it must be
   */
  mend(): Promise<void>;
  /**
   * Makes sure before a login that it can be stored: mends the store, makes it and its key where there are none, and
   * sets disk space aside. Where that fails, nothing is left behind.
   *
   * @throws {ConfigurationError} where the store or its key is not as it must be
   * @throws {Failed} code `store_…` where nothing can be written
   */
  makeReady(): Promise<void>;
  /**
   * Stores a login, new or in place of what the account held; a refresh under way for the old one comes to nothing.
   *
   * @throws {Failed} where it could not be written: then the login is not stored
   */
  save(name: AccountName, session: Session): Promise<void>;
  /**
   * Makes sure that the account can be forgotten in a moment: writes to it, and keeps refreshes off it meanwhile.
   *
   * @throws {Failed} code `store_…` where the store cannot be written
   */
  claim(name: AccountName): Promise<void>;
  /** Whether there was such an account. */
  forget(name: AccountName): Promise<boolean>;
  /**
   * @throws {LoginRequired} code `unknown_account`
   * @throws {UsageError} code `account_exists` or `other_provider`
   */
  rename(old: AccountName, name: AccountName): Promise<void>;
  /**
   * The account with an access token that works for as long as asked, refreshed where it must be.
   *
   * @throws {LoginRequired} code `unknown_account`, `login_ended` or `no_refresh_token`
   * @throws {Unavailable} where the refresh failed for now
   */
  fresh(name: AccountName, options: FreshOptions): Promise<Fresh>;
  /**
   * Marks the access token as refused by a resource, so that the next {@link Vault.fresh} refreshes. Only where it
   * is still `accessToken` (any, where that is undefined) and can be refreshed; false where nothing was marked.
   */
  markStale(name: AccountName, accessToken: string | undefined): Promise<boolean>;
  /** Marks an account as exported: not refreshed here any more. @throws {Unavailable} while a refresh is unfinished */
  handOver(name: AccountName): Promise<HandedOver>;
  /** @throws {UsageError} code `not_exported` */
  takeBack(name: AccountName): Promise<void>;
  /** @throws {UsageError} code `not_exported` or `wrong_receipt` */
  forgetExported(name: AccountName, receipt: string): Promise<void>;
  /** The public key that accounts are exported to; made at the first call. */
  publicKey(): Promise<string>;
  /** Whether `recipient` is that key. Makes none. */
  isOwnKey(recipient: string): Promise<boolean>;
  /** @throws {UsageError} code `bad_parcel`, `foreign_parcel` or `newer_parcel` */
  openParcel(text: string): Promise<Parcel>;
  /** Whether somebody took this parcel in here; known for as long as it can be imported. */
  wasParcelTaken(parcel: Parcel): Promise<boolean>;
  /**
   * True for the first who takes this parcel in: its refresh token may be older than the one that came of it.
   *
   * @throws {Failed} code `store_…` where what came in could not be stored; then nobody took it in
   */
  takeParcelOnce(parcel: Parcel): Promise<boolean>;
  /** Exchanges the key and seals everything anew. */
  rekey(target?: KeyTarget): Promise<Rekeyed>;
  keepAttempt(attempt: Attempt): Promise<void>;
  /** @throws {LoginRequired} code `attempt_unknown`, `attempt_used` or `attempt_expired` */
  claimAttempt(state: string): Promise<Attempt>;
  /** Lets a claimed attempt be tried again: its answer was bad, and no code was spent. */
  releaseAttempt(state: string): Promise<void>;
  /** Forgets all but that the attempt was used, and why in vain where it was; that, for 7 days. */
  finishAttempt(state: string, failure?: AttemptFailure): Promise<void>;
  openAttempts(): Promise<Attempt[]>;
  /**
   * Runs `work` where no other process does so for the same attempt, which stays open; undefined where one does.
   * The turn of a process that was killed is over in ten seconds.
   */
  inTurn<Result>(state: string, work: () => Promise<Result>): Promise<Result | undefined>;
  keepClientSecret(provider: string, clientId: string, secret: string): Promise<void>;
  clientSecret(provider: string, clientId: string): Promise<string | undefined>;
  /** Forgets the secrets of every client of `provider`, or of the one that is named. Whether there were any. */
  forgetClientSecrets(provider: string, clientId?: string): Promise<boolean>;
  /** Where the key is, in words; "none yet" before the first login. */
  readonly keySource: string;
  close(): Promise<void>;
}

/**
 * Opens the vault. Where there is none, nothing is made before the first write. Where it is damaged, its use says so:
 * a login can mend that.
 *
 * @throws {ConfigurationError} where the store or its key is not as it must be
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const vault = new SealedVault({ ...factsOf(options), lease: options.leaseMilliseconds ?? LEASE });
  try {
    await vault.open();
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || failure.code !== STORE_CORRUPT) throw failure;
  }
  return vault;
}

/**
 * Moves every login from one store to another.
 *
 * @throws {UsageError} code `same_store`
 * @throws {Unavailable} where a login is being refreshed, or a refresh of it was cut off
 */
export async function copyVault(options: VaultOptions, request: CopyRequest): Promise<StoreCopy> {
  const { copyStore } = await import("./store_copy.ts");
  return copyStore(factsOf(options), request);
}

function factsOf(options: VaultOptions): OpeningFacts {
  const { paths, environment, now, notice } = options;
  const keychain = options.keychain ?? systemKeychain(environment);
  return { paths, environment, notice, keychain, clock: { now, ticks: options.ticks ?? bootMilliseconds } };
}
