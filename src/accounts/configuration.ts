/**
 * The person's own settings.
 *
 * @module
 */
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** Settings of one installation. */
export interface Configuration {
  /** The account that `keyfob token` means where none is named. */
  readonly defaultAccount?: AccountName;
  /** By account, as {@link formatAccountName} writes it. */
  readonly accounts?: Readonly<Record<string, AccountSettings>>;
  readonly hooks?: Readonly<Partial<Record<HookName, Hook>>>;
  /** How to log in on machines without a browser, by provider. */
  readonly method?: Readonly<Record<string, RememberedMethod>>;
}

/** A code to enter on another device, or an address to open and an answer to paste. */
export type RememberedMethod = "device" | "paste";

/** What differs for one account from its provider's entry; each field replaces the entry's. */
export interface AccountSettings {
  /** Origins that the token may be handed out for. */
  readonly resources?: readonly string[];
  /** Environment variables of `keyfob run`. */
  readonly env?: readonly string[];
  readonly usernames?: { readonly git?: string | undefined; readonly docker?: string | undefined };
}

/** What a hook may be told of. */
export type HookName = "on_refresh" | "on_login_needed";

/** A program to tell; it gets the event as JSON on standard input. */
export interface Hook {
  readonly command: readonly string[];
  /** Whether the event carries the access token. */
  readonly withToken: boolean;
}

/** What the person says about one account. */
export function settingsOf({ accounts }: Configuration, name: AccountName): AccountSettings {
  return accounts?.[formatAccountName(name)] ?? {};
}
