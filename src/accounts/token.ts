/**
 * Hands out an access token that works for at least the time asked for.
 *
 * @module
 */
import { span } from "../duration.ts";
import { type KeyfobError, LoginRequired, Unavailable, UsageError } from "../errors.ts";
import { expiresWithin, type Tokens } from "../oauth/tokens.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Refresher } from "../vault/refresher.ts";
import type { Services } from "./services.ts";
import { carriesToken, mayShareVariable, tokenVariable } from "./token_variable.ts";
import { tellLoginNeeded, tellRefreshed, type WatchedRefresher, watchRefresher } from "./token_events.ts";

/** How fresh the token must be. */
export interface TokenRequest {
  readonly name: AccountName;
  /** Seconds the token must still work. */
  readonly minValidSeconds: number;
  /** Whether the person asked for that time; then a token with less is no answer. */
  readonly isMinValidAsked: boolean;
  /** Refresh even where the stored token would do. */
  readonly force?: boolean;
  /** Whether a person is logging in already where a login is needed: then nobody has to be told of it. */
  readonly isLoginAtHand?: boolean;
  readonly signal?: AbortSignal;
}

/** A token to hand out. */
export interface HandedToken {
  readonly name: AccountName;
  readonly tokens: Pick<Tokens, "accessToken" | "tokenType" | "expiresAt" | "scope" | "idToken">;
  /** The environment variable that it came from as it is, unchecked. */
  readonly variable?: string;
  /** What the person should know about it. */
  readonly warning?: string;
}

/**
 * The token of an account, refreshed where needed.
 *
 * @throws {LoginRequired} where a person has to log in
 * @throws {Unavailable} where the refresh failed for now and no stored token will do
 * @throws {UsageError} `given_token` where a refresh is asked for of a token that stands in the environment
 * @throws {ConfigurationError} `variable_shared` where such a token may be another provider's
 */
export async function freshToken(services: Services, request: TokenRequest): Promise<HandedToken> {
  const given = givenToken(services.environment, request.name);
  if (given !== undefined && request.force === true) throw cannotRefreshGiven(request.name);
  if (given !== undefined) return unshared(services, given);
  const watched = watchRefresher(lazyRefresher(services, request.name));
  try {
    return await storedToken(services, request, watched);
  } catch (failure) {
    const stored = await makeDo(services, request, failure);
    if (stored !== undefined) return stored;
    const isNews = failure instanceof LoginRequired && request.isLoginAtHand !== true;
    if (isNews) await tellLoginNeeded(services, request.name, watched, failure);
    throw isUnknown(failure) ? await withMeantName(services, request.name, failure) : failure;
  }
}

async function storedToken(
  services: Services,
  request: TokenRequest,
  watched: WatchedRefresher,
): Promise<HandedToken> {
  const { name, minValidSeconds } = request;
  const vault = await services.vault();
  const fresh = await vault.fresh(name, {
    minValidSeconds,
    refresher: watched.refresher,
    ...(request.force === undefined ? {} : { force: request.force }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  if (fresh.refreshed) await tellRefreshed(services, watched, fresh.account);
  const { tokens } = fresh.account.session;
  return { name, tokens, ...(fresh.shortLived ? { warning: shortLived(name, minValidSeconds) } : {}) };
}

/** A stored token that still lives, where the failure will pass and nobody asked for more. */
async function makeDo(
  services: Services,
  { name, isMinValidAsked, force }: TokenRequest,
  failure: unknown,
): Promise<HandedToken | undefined> {
  if (!mayMakeDo(failure) || isMinValidAsked || force === true) return undefined;
  const tokens = await stillAlive(services, name);
  if (tokens === undefined) return undefined;
  return { name, tokens, warning: `${failure.message}; the stored token still works until ${at(tokens)}` };
}

/** A token from `KEYFOB_TOKEN_<PROVIDER>`, for machines without a disk. */
export function givenToken(
  environment: Readonly<Record<string, string | undefined>>,
  name: AccountName,
): HandedToken | undefined {
  if (name.label !== "default") return undefined;
  const variable = tokenVariable(name.provider);
  const token = environment[variable];
  if (token === undefined || token === "" || !carriesToken(variable)) return undefined;
  return { name, variable, tokens: { accessToken: token, tokenType: "Bearer", scope: [] } };
}

/** Few ids can share a variable; for the others the registry need not be read. */
async function unshared(services: Services, given: HandedToken): Promise<HandedToken> {
  const { provider } = given.name;
  if (mayShareVariable(provider))
    await (await import("./given_accounts.ts")).refuseSharedVariable(services, provider);
  return given;
}

function cannotRefreshGiven(name: AccountName): UsageError {
  const variable = tokenVariable(name.provider);
  return new UsageError(`Cannot refresh "${formatAccountName(name)}": its token stands in ${variable}`, {
    code: "given_token",
    hint: `unset ${variable}, or give it a newer token`,
  });
}

/**
 * The account to use where none is named: the configured default, else the only one, else the only one that has its
 * token in the environment.
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
  if (only !== undefined) throw ambiguous(accounts.map(({ name }) => name));
  const { givenAccounts } = await import("./given_accounts.ts");
  const [given, ...more] = await givenAccounts(services);
  if (given === undefined) {
    throw new LoginRequired("Cannot give a token: nobody is logged in", { hint: "keyfob login PROVIDER" });
  }
  if (more.length > 0) throw ambiguous([given, ...more]);
  return given;
}

function ambiguous(names: readonly AccountName[]): UsageError {
  const [first = "", ...others] = names.map(formatAccountName);
  const all = [first, ...others].join(", ");
  return new UsageError(`Cannot tell which account is meant: there are ${names.length} (${all})`, {
    code: "ambiguous_account",
    hint: `keyfob token ${first}, or set "default_account" in config.json`,
  });
}

function isUnknown(failure: unknown): failure is LoginRequired {
  return failure instanceof LoginRequired && failure.code === "unknown_account";
}

/** Loaded where a name is wrong: then the registry has to be read, which a token does not need. */
async function withMeantName(
  services: Services,
  name: AccountName,
  failure: LoginRequired,
): Promise<LoginRequired> {
  const { hintForMissing } = await import("./meant_name.ts");
  const { message, code, cause } = failure;
  return new LoginRequired(message, { code, cause, hint: await hintForMissing(services, name, "use") });
}

/** The OAuth half of a refresh is loaded only when a refresh happens: a warm token needs none of it. */
function lazyRefresher(services: Services, name: AccountName): Refresher {
  const load = async (): Promise<Refresher> =>
    (await import("./refresher.ts")).createRefresher(services, name);
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
  return `Tokens of "${formatAccountName(name)}" live shorter than ${span(minValidSeconds)}; this one works until it expires`;
}

function at(tokens: Tokens): string {
  return tokens.expiresAt?.toISOString() ?? "further notice";
}
