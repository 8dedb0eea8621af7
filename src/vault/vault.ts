/**
 * Accounts at rest: sealed, and refreshed once however many ask.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import type { Paths } from "../paths.ts";
import type { Account, AccountName, Session } from "./account.ts";
import { systemKeychain } from "./keychain.ts";
import type { Keychain } from "./keychain.ts";
import type { Fresh, FreshOptions } from "./refresh.ts";
import { SealedVault } from "./sealed_vault.ts";

export interface VaultOptions {
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Takes one line for the person, such as a repaired permission. */
  readonly notice: (text: string) => void;
  /** In place of the operating system's. */
  readonly keychain?: Keychain;
}

export interface Vault {
  find(name: AccountName): Promise<Account | undefined>;
  /** Sorted by provider, then label. An account that cannot be opened is left out, with a notice. */
  list(): Promise<Account[]>;
  /**
   * Stores a login, new or in place of what the account held; a refresh under way for the old one comes to nothing.
   *
   * @throws {Failed} where it could not be written: then the login is not stored
   */
  save(name: AccountName, session: Session): Promise<void>;
  /** Whether there was such an account. */
  forget(name: AccountName): Promise<boolean>;
  /** @throws {UsageError} code `unknown_account`, `account_exists` or `other_provider` */
  rename(old: AccountName, name: AccountName): Promise<void>;
  /**
   * The account with an access token that works for as long as asked, refreshed where it must be.
   *
   * @throws {LoginRequired} code `unknown_account`, `login_ended` or `no_refresh_token`
   * @throws {Unavailable} where the refresh failed for now
   */
  fresh(name: AccountName, options: FreshOptions): Promise<Fresh>;
  keepAttempt(attempt: Attempt): Promise<void>;
  /** @throws {LoginRequired} code `attempt_unknown`, `attempt_used` or `attempt_expired` */
  claimAttempt(state: string): Promise<Attempt>;
  /** Lets a claimed attempt be tried again: its answer was bad, and no code was spent. */
  releaseAttempt(state: string): Promise<void>;
  /** Forgets all but that the attempt was used; that, for 7 days. */
  finishAttempt(state: string): Promise<void>;
  openAttempts(): Promise<Attempt[]>;
  keepClientSecret(provider: string, clientId: string, secret: string): Promise<void>;
  clientSecret(provider: string, clientId: string): Promise<string | undefined>;
  /** Where the key is, in words; "none yet" before the first login. */
  readonly keySource: string;
  close(): void;
}

/**
 * Opens the vault. Where there is none, nothing is made before the first write.
 *
 * @throws {ConfigurationError} where the store or its key is not as it must be
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { paths, environment, now, notice } = options;
  refuseOtherStores(environment);
  const keychain = options.keychain ?? systemKeychain(environment);
  const vault = new SealedVault({ paths, environment, now, notice, keychain });
  await vault.open();
  return vault;
}

/** A store that somebody names and keyfob does not know must not silently become the usual one. */
function refuseOtherStores(environment: VaultOptions["environment"]): void {
  if (!environment["KEYFOB_STORE"]) return;
  throw new ConfigurationError("Cannot use KEYFOB_STORE: this version keeps logins in its own file only", {
    code: "store_unsupported",
    hint: "unset KEYFOB_STORE; KEYFOB_HOME chooses the folder",
  });
}
