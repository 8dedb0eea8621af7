/**
 * The refresh transaction: many processes ask, one refreshes, nothing rotated is lost.
 *
 * Read; take the lease and read again; refresh, save, release. Whoever finds the lease held waits, and takes over
 * the tokens that its holder saved.
 *
 * @module
 */
import { LoginRequired, Unavailable } from "../errors.ts";
import { formatAccountName } from "./account.ts";
import type { Account, AccountName } from "./account.ts";
import { freshnessOf } from "./freshness.ts";
import type { RefreshParts } from "./held_lease.ts";
import type { Refresher } from "./refresher.ts";
import type { AccountRow } from "./store.ts";
import { accountFrom } from "./unsealing.ts";

export interface FreshOptions {
  /** Seconds the access token must still live. */
  readonly minValidSeconds: number;
  /** Refresh also where the stored token would do; one that another process gets meanwhile counts. */
  readonly force?: boolean;
  readonly refresher: Refresher;
  /** Ends the waiting and the request; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface Fresh {
  readonly account: Account;
  /** Whether the tokens are newer than when the call began, whichever process refreshed them. */
  readonly refreshed: boolean;
  /** True where the provider's tokens never live as long as was asked for. */
  readonly shortLived: boolean;
}

/** One call: what it found first, and what it found last. */
interface Search extends FreshOptions {
  readonly first: AccountRow;
}

/**
 * An account whose access token works for as long as asked. One read and no write where it does already.
 *
 * @throws {LoginRequired} code `login_ended` (marked dead), `no_refresh_token` or `unknown_account` (forgotten meanwhile)
 * @throws {Unavailable} where the refresh failed for now; the credentials are as before
 */
export async function freshAccount(
  parts: RefreshParts,
  first: AccountRow,
  options: FreshOptions,
): Promise<Fresh> {
  const search: Search = { ...options, first };
  let row = first;
  let account = await accountFrom(parts.sealer, row);
  for (;;) {
    options.signal?.throwIfAborted();
    const enough = judge(search, row, account, parts.now());
    if (enough !== undefined) return enough;
    // Loaded on demand: most calls find a fresh token.
    const { refreshOrWait } = await import("./refresh_turn.ts");
    const refreshed = await refreshOrWait(parts, search, row);
    if (refreshed !== undefined) return resultOf(refreshed, true, options, parts.now());
    row = await readAgain(parts, row);
    account = await accountFrom(parts.sealer, row);
  }
}

/** The answer where there is one already; undefined where a refresh is to be tried. */
function judge(search: Search, row: AccountRow, account: Account, now: Date): Fresh | undefined {
  const moved = row.generation !== search.first.generation;
  const stale = freshnessOf(account, search.minValidSeconds, now) === "stale";
  if (!stale && (search.force !== true || moved)) return resultOf(account, moved, search, now);
  if (row.recoverable) return undefined;
  if (row.state === "dead") throw ended(account);
  if (account.session.tokens.refreshToken === undefined) throw notRefreshable(account, now);
  if (row.failures > search.first.failures) throw new Unavailable(row.lastError ?? cannotRefresh(account));
  return undefined;
}

function resultOf(account: Account, refreshed: boolean, options: FreshOptions, now: Date): Fresh {
  const shortLived = freshnessOf(account, options.minValidSeconds, now) === "short-lived";
  return { account, refreshed, shortLived };
}

async function readAgain(parts: RefreshParts, row: AccountRow): Promise<AccountRow> {
  const found = await parts.store.accounts.read(row.id);
  if (found === undefined) throw unknownAccount(row.name);
  return found;
}

/** There is no such login. */
export function unknownAccount(name: AccountName): LoginRequired {
  const text = formatAccountName(name);
  return new LoginRequired(`Cannot find the login "${text}"`, {
    code: "unknown_account",
    hint: `keyfob login ${text}`,
  });
}

function ended(account: Account): LoginRequired {
  return new LoginRequired(account.reason ?? cannotRefresh(account), {
    code: "login_ended",
    hint: `keyfob login ${formatAccountName(account.name)}`,
  });
}

function notRefreshable(account: Account, now: Date): LoginRequired {
  const { expiresAt } = account.session.tokens;
  const over = expiresAt !== undefined && expiresAt.getTime() <= now.getTime();
  const why = over ? "its access token has expired and " : "";
  return new LoginRequired(`${cannotRefresh(account)}: ${why}the provider gave no refresh token`, {
    code: "no_refresh_token",
    hint: `keyfob login ${formatAccountName(account.name)}`,
  });
}

function cannotRefresh(account: Account): string {
  return `Cannot refresh "${formatAccountName(account.name)}"`;
}
