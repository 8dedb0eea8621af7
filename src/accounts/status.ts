/**
 * What is known about the stored logins, without asking anybody.
 *
 * @module
 */
import { LoginRequired } from "../errors.ts";
import { expiresWithin } from "../oauth/tokens.ts";
import { type Account, type AccountName, formatAccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";

/** One login as `keyfob status` shows it. `alive`: a token can be had; `expired` and `dead`: a login is needed. */
export interface AccountStatus {
  readonly name: AccountName;
  readonly subject: string | null;
  readonly display: string | null;
  readonly expiresAt: Date | null;
  readonly refreshable: boolean;
  readonly scope: readonly string[];
  readonly state: "alive" | "expired" | "dead";
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
  if (name === undefined) return (await vault.list()).map((account) => statusOf(account, services.now()));
  const account = await vault.find(name);
  if (account === undefined) throw notLoggedIn(name);
  return [statusOf(account, services.now())];
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
    state: account.state === "dead" ? "dead" : isOver && !refreshable ? "expired" : "alive",
    lastRefresh: account.lastRefresh ?? null,
    lastError: account.lastError ?? account.reason ?? null,
  };
}
