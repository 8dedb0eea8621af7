/**
 * Hands out an access token that works for at least the time asked for.
 *
 * @module
 */
import { type KeyfobError, LoginRequired, Unavailable, UsageError } from "../errors.ts";
import { expiresWithin, type Tokens } from "../oauth/tokens.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Refresher } from "../vault/refresher.ts";
import type { Services } from "./services.ts";

/** How fresh the token must be. */
export interface TokenRequest {
  readonly name: AccountName;
  /** Seconds the token must still work. */
  readonly minValidSeconds: number;
  /** Whether the person asked for that time; then a token with less is no answer. */
  readonly isMinValidAsked: boolean;
  /** Refresh even where the stored token would do. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/** A token to hand out. */
export interface HandedToken {
  readonly name: AccountName;
  readonly tokens: Pick<Tokens, "accessToken" | "tokenType" | "expiresAt" | "scope">;
  /** What the person should know about it. */
  readonly warning?: string;
}

/**
 * The token of an account, refreshed where needed.
 *
 * @throws {LoginRequired} where a person has to log in
 * @throws {Unavailable} where the refresh failed for now and no stored token will do
 */
export async function freshToken(services: Services, request: TokenRequest): Promise<HandedToken> {
  const given = givenToken(services.environment, request.name);
  if (given !== undefined) return given;
  const vault = await services.vault();
  const { name, minValidSeconds } = request;
  try {
    const fresh = await vault.fresh(name, {
      minValidSeconds,
      refresher: lazyRefresher(services, name.provider),
      ...(request.force === undefined ? {} : { force: request.force }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    const { tokens } = fresh.account.session;
    const warning = fresh.shortLived ? shortLived(name, minValidSeconds) : undefined;
    return { name, tokens, ...(warning === undefined ? {} : { warning }) };
  } catch (failure) {
    if (!mayMakeDo(failure) || request.isMinValidAsked || request.force === true) throw failure;
    const stored = await stillAlive(services, name);
    if (stored === undefined) throw failure;
    return {
      name,
      tokens: stored,
      warning: `${failure.message}; the stored token still works until ${at(stored)}`,
    };
  }
}

/** A token from `KEYFOB_TOKEN_<PROVIDER>`, for machines without a disk. */
export function givenToken(
  environment: Readonly<Record<string, string | undefined>>,
  name: AccountName,
): HandedToken | undefined {
  if (name.label !== "default") return undefined;
  const token = environment[`KEYFOB_TOKEN_${name.provider.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`];
  if (token === undefined || token === "") return undefined;
  return { name, tokens: { accessToken: token, tokenType: "Bearer", scope: [] } };
}

/**
 * The account to use where none is named: the configured default, else the only one.
 *
 * @throws {UsageError} where there are several
 * @throws {LoginRequired} where there are none
 */
export async function soleAccount(
  services: Services,
  configured: AccountName | undefined,
): Promise<AccountName> {
  if (configured !== undefined) return configured;
  const vault = await services.vault();
  const accounts = await vault.list();
  const [only, ...others] = accounts;
  if (only !== undefined && others.length === 0) return only.name;
  if (only === undefined) {
    throw new LoginRequired("Cannot give a token: nobody is logged in", { hint: "keyfob login PROVIDER" });
  }
  const names = accounts.map((account) => formatAccountName(account.name)).join(", ");
  throw new UsageError(`Cannot tell which account is meant: there are ${accounts.length} (${names})`, {
    code: "ambiguous_account",
    hint: `keyfob token ${formatAccountName(only.name)}, or set "default_account" in config.json`,
  });
}

/** The OAuth half of a refresh is loaded only when a refresh happens: a warm token needs none of it. */
function lazyRefresher(services: Services, provider: string): Refresher {
  const load = async (): Promise<Refresher> =>
    (await import("./refresher.ts")).createRefresher(services, provider);
  return {
    refresh: async (session, tools) => (await load()).refresh(session, tools),
    recover: async (session, rawAnswer, receivedAt) => (await load()).recover(session, rawAnswer, receivedAt),
  };
}

/** Whether a stored token with less than the usual minimum left is better than nothing. */
function mayMakeDo(failure: unknown): failure is KeyfobError {
  return (
    failure instanceof Unavailable ||
    (failure instanceof LoginRequired && failure.code === "no_refresh_token")
  );
}

async function stillAlive(services: Services, name: AccountName): Promise<Tokens | undefined> {
  const vault = await services.vault();
  const account = await vault.find(name);
  if (account === undefined || account.session.quarantined === true) return undefined;
  const { tokens } = account.session;
  return account.state === "alive" && !expiresWithin(tokens, 0, services.now()) ? tokens : undefined;
}

function shortLived(name: AccountName, minValidSeconds: number): string {
  return `Tokens of "${formatAccountName(name)}" live shorter than ${minValidSeconds}s; this one works until it expires`;
}

function at(tokens: Tokens): string {
  return tokens.expiresAt?.toISOString() ?? "further notice";
}
