/**
 * What is known about the stored logins, without asking anybody.
 *
 * @module
 */
import { expiresWithin } from "../oauth/tokens.ts";
import type { Registry } from "../registry/registry.ts";
import type { Account, AccountName, UnreadableAccount } from "../vault/account.ts";
import { notLoggedIn } from "./meant_name.ts";
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
  /** False too where it could be refreshed, if only the registry still had its provider. */
  readonly refreshable: boolean;
  readonly scope: readonly string[];
  readonly state: "alive" | "expired" | "dead" | "exported" | "unreadable";
  /** Whether the registry has no such provider, so that nothing can be asked of it until one is added again. */
  readonly isProviderMissing: boolean;
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
  if (name !== undefined && found.length === 0) throw await notLoggedIn(services, name, "use");
  const statuses = found.map((entry) =>
    "unreadable" in entry ? unreadable(entry) : statusOf(entry, services.now()),
  );
  if (!statuses.some(({ refreshable }) => refreshable)) return statuses;
  const registry = await services.registry();
  return statuses.map((status) => withoutMissing(status, registry));
}

/** What a refresh would meet: better told before than by the first one that fails. */
function withoutMissing(status: AccountStatus, registry: Registry): AccountStatus {
  const { provider } = status.name;
  if (!status.refreshable || registry.has(provider)) return status;
  const [unused] = registry.unused;
  const lastError =
    unused === undefined
      ? `the registry has no provider "${provider}": keyfob providers add ${provider}`
      : `no provider "${provider}" is known without "${unused.file}", which was not used: keyfob providers check`;
  return { ...status, refreshable: false, isProviderMissing: true, lastError };
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
    isProviderMissing: false,
    lastRefresh: null,
    lastError: entry.unreadable,
  };
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
    isProviderMissing: false,
    lastRefresh: account.lastRefresh ?? null,
    lastError: account.lastError ?? account.reason ?? null,
  };
}
