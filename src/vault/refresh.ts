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

/** Leases that a caller waits through before it says that another process keeps the account busy. */
const PATIENCE_LEASES = 2;

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
  const patience = performance.now() + parts.lease * PATIENCE_LEASES;
  let row = first;
  let account = await accountFrom(parts.sealer, row);
  for (let waits = 0; ; waits += 1) {
    options.signal?.throwIfAborted();
    const enough = judge(search, row, account, parts.now());
    if (enough !== undefined) return enough;
    if (performance.now() > patience && row.lease !== null) throw await tooLong(account, row.lease.holder);
    // Loaded on demand: most calls find a fresh token.
    const { refreshOrWait } = await import("./refresh_turn.ts");
    const refreshed = await refreshOrWait(parts, search, { row, waits });
    if (refreshed !== undefined) return resultOf(refreshed, true, options, parts.now());
    row = await readAgain(parts, row);
    account = await accountFrom(parts.sealer, row);
  }
}

/** The answer where there is one already; undefined where a refresh is to be tried. */
function judge(search: Search, row: AccountRow, account: Account, now: Date): Fresh | undefined {
  const moved = row.generation !== search.first.generation;
  const stale = freshnessOf(account, search.minValidSeconds, now) === "stale";
  if (row.state === "exported" && (stale || search.force === true)) throw exported(account);
  if (!stale && (search.force !== true || moved)) return resultOf(account, moved, search, now);
  if (row.recoverable) return undefined;
  if (row.state === "dead") throw ended(account);
  if (account.session.tokens.refreshToken === undefined) throw notRefreshable(account, now);
  if (row.failures > search.first.failures) throw failedElsewhere(row, account);
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
  return new LoginRequired(missingAccount(name), {
    code: "unknown_account",
    hint: `keyfob login ${formatAccountName(name)}`,
  });
}

/** How every command says that there is no such login. */
export function missingAccount(name: AccountName): string {
  return `Cannot find the login "${formatAccountName(name)}"`;
}

function ended(account: Account): LoginRequired {
  return new LoginRequired(account.reason ?? cannotRefresh(account), {
    code: "login_ended",
    hint: `keyfob login ${formatAccountName(account.name)}`,
  });
}

function exported(account: Account): LoginRequired {
  const name = formatAccountName(account.name);
  return new LoginRequired(`${cannotRefresh(account)}: it was exported and belongs to another machine now`, {
    code: "exported",
    hint:
      `keyfob export ${name} --confirm RECEIPT forgets it here; where it was never imported, ` +
      `keyfob export ${name} --cancel takes it back`,
  });
}

/** What the process said that was waited for. */
function failedElsewhere({ lastError }: AccountRow, account: Account): Unavailable {
  return new Unavailable(lastError ?? cannotRefresh(account), {
    hint: `another process has just tried; try again: keyfob refresh ${formatAccountName(account.name)}`,
  });
}

async function tooLong(account: Account, holder: string | null): Promise<Unavailable> {
  const { livingHolder } = await import("./holder.ts");
  const found = livingHolder(holder);
  const pid = found?.isStopped === true ? found.pid : undefined;
  const who = pid === undefined ? "another process" : `process ${pid}, which is stopped,`;
  return new Unavailable(`${cannotRefresh(account)}: ${who} has been at it for too long`, {
    code: "refresh_busy",
    hint: pid === undefined ? "try again" : `kill -CONT ${pid} lets it finish`,
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
