/**
 * What is known about the stored logins, without asking anybody.
 *
 * @module
 */
import { LoginRequired } from "../errors.ts";
import { expiresWithin } from "../oauth/tokens.ts";
import {
  type Account,
  type AccountName,
  formatAccountName,
  type UnreadableAccount,
} from "../vault/account.ts";
import type { Services } from "./services.ts";

/**
 * One login as `keyfob status` shows it. `alive`: a token can be had; `expired` and `dead`: a login is needed;
 * `exported`: it moved to another machine; `unreadable`: the vault's record of it is damaged.
 */
export interface AccountStatus {
  readonly name: AccountName;
  readonly subject: string | null;
  readonly display: string | null;
  readonly expiresAt: Date | null;
  readonly refreshable: boolean;
  readonly scope: readonly string[];
  readonly state: "alive" | "expired" | "dead" | "exported" | "unreadable";
  readonly lastRefresh: Date | null;
  readonly lastError: string | null;
}

/**
 * Every account, or the one named.
 *
 * @throws {LoginRequired} where the named one does not exist
 */
export async function readStatus(services: Services, name?: AccountName): Promise<AccountStatus[]> {
  const vault = await services.vault();
  const found = (await vault.survey()).filter((entry) => name === undefined || isNamed(entry.name, name));
  if (name !== undefined && found.length === 0) throw notLoggedIn(name);
  return found.map((entry) => ("unreadable" in entry ? unreadable(entry) : statusOf(entry, services.now())));
}

function isNamed(one: AccountName, other: AccountName): boolean {
  return one.provider === other.provider && one.label === other.label;
}

function unreadable(entry: UnreadableAccount): AccountStatus {
  return {
    name: entry.name,
    subject: null,
    display: null,
    expiresAt: null,
    refreshable: false,
    scope: [],
    state: "unreadable",
    lastRefresh: null,
    lastError: entry.unreadable,
  };
}

/** That nobody is logged in as `name`. */
export function notLoggedIn(name: AccountName): LoginRequired {
  const account = formatAccountName(name);
  return new LoginRequired(`Nobody is logged in as "${account}"`, {
    code: "not_logged_in",
    hint: `keyfob login ${account}`,
  });
}

function statusOf(account: Account, now: Date): AccountStatus {
  const { session } = account;
  const refreshable = session.tokens.refreshToken !== undefined && account.state === "alive";
  const isOver = session.quarantined === true || expiresWithin(session.tokens, 0, now);
  return {
    name: account.name,
    subject: session.subject,
    display: session.display,
    expiresAt: session.tokens.expiresAt ?? null,
    refreshable,
    scope: session.tokens.scope,
    state: account.state !== "alive" ? account.state : isOver && !refreshable ? "expired" : "alive",
    lastRefresh: account.lastRefresh ?? null,
    lastError: account.lastError ?? account.reason ?? null,
  };
}
