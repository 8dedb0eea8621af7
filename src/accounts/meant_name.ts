/**
 * What somebody meant who named a login that is not there.
 *
 * @module
 */
import { KeyfobError, LoginRequired } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { missingAccount } from "../vault/refresh.ts";
import type { Services } from "./services.ts";

/** Whether a new login would do as well: `change` is for what is there alone, as to end it or to rename it. */
export type Purpose = "use" | "change";

/** Letters of a provider below which too many others resemble it: three letters are one typing error from many. */
const SHORTEST_GUESSED = 4;
/** Logins that a hint lists. */
const MOST_LISTED = 3;

/** What is known here. `ids` is undefined where the registry cannot be read. */
interface Known {
  readonly accounts: readonly AccountName[];
  readonly ids: readonly string[] | undefined;
}

/** That there is no login `name`, with the next step as {@link hintForMissing} has it. */
export async function notLoggedIn(
  services: Services,
  name: AccountName,
  purpose: Purpose,
): Promise<LoginRequired> {
  const hint = await hintForMissing(services, name, purpose);
  return new LoginRequired(missingAccount(name), { code: "unknown_account", hint });
}

/**
 * The next step of somebody who named a login that is not there: the one that was meant, else how to get it. The
 * logins of the same provider come first; a provider that is known under that very name was not misspelt.
 */
export async function hintForMissing(
  services: Services,
  name: AccountName,
  purpose: Purpose,
): Promise<string> {
  const known: Known = { accounts: await accountsHere(services, purpose), ids: await knownIds(services) };
  const isKnown = known.ids?.includes(name.provider) ?? false;
  const siblings = ofProvider(known.accounts, name.provider);
  const namesake = siblings.find((one) => one.label === nearest(name.label, labelsOf(siblings)));
  if (namesake !== undefined) return meant([namesake]);
  const labelled = isKnown || siblings.length > 0 ? [] : withLabel(known.accounts, name);
  if (labelled.length > 0) return meant(labelled);
  const resembling = siblings.length > 0 || isKnown ? siblings : resemblingAccounts(known.accounts, name);
  const login = `keyfob login ${formatAccountName(name)}`;
  if (resembling.length > 0) {
    return isKnown && purpose === "use" ? `${meant(resembling)} ${login} makes a new one` : meant(resembling);
  }
  if (purpose === "change") return listing(known.accounts);
  return isKnown || known.ids === undefined ? login : wayToLogIn(name.provider, known);
}

/** Those that a command can name: for a token, the ones that stand in the environment too. */
async function accountsHere(services: Services, purpose: Purpose): Promise<AccountName[]> {
  const stored = await orNone(async () => (await (await services.vault()).survey()).map(({ name }) => name));
  if (purpose === "change") return stored ?? [];
  const { givenAccounts } = await import("./given_accounts.ts");
  return [...(stored ?? []), ...((await orNone(() => givenAccounts(services))) ?? [])];
}

function knownIds(services: Services): Promise<string[] | undefined> {
  return orNone(async () => (await services.registry()).list().map(({ id }) => id));
}

/** What cannot be read holds nothing that could be meant. */
async function orNone<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}

function ofProvider(accounts: readonly AccountName[], provider: string | undefined): AccountName[] {
  return accounts.filter((account) => account.provider === provider);
}

function labelsOf(accounts: readonly AccountName[]): string[] {
  return accounts.map(({ label }) => label);
}

/** Those that somebody means who gave their label alone: `work` for `acme/work`. */
function withLabel(accounts: readonly AccountName[], name: AccountName): AccountName[] {
  const word = formatAccountName(name);
  return accounts.filter(({ label }) => label.toLowerCase() === word);
}

/** The login whose whole name is nearest, else those of the provider that is. */
function resemblingAccounts(accounts: readonly AccountName[], name: AccountName): AccountName[] {
  const wanted = formatAccountName(name);
  const whole = nearest(wanted, accounts.map(formatAccountName));
  if (whole !== undefined) return accounts.filter((account) => formatAccountName(account) === whole);
  const provider = nearest(
    name.provider,
    accounts.map((account) => account.provider),
  );
  const siblings = ofProvider(accounts, provider);
  const namesake = nearest(name.label, labelsOf(siblings));
  return namesake === undefined ? siblings : siblings.filter(({ label }) => label === namesake);
}

function meant(accounts: readonly AccountName[]): string {
  return `did you mean ${listed(accounts, " or ")}?`;
}

function listing(accounts: readonly AccountName[]): string {
  if (accounts.length === 0) return "nobody is logged in here";
  return accounts.length <= MOST_LISTED
    ? `keyfob status shows the logins: ${listed(accounts, ", ")}`
    : "keyfob status shows the logins";
}

function listed(accounts: readonly AccountName[], between: string): string {
  const names = accounts.map(formatAccountName);
  if (names.length <= MOST_LISTED) return names.join(between);
  return `${names.slice(0, MOST_LISTED).join(", ")} or another that keyfob status shows`;
}

function wayToLogIn(provider: string, { accounts, ids = [] }: Known): string {
  const guess = provider.length < SHORTEST_GUESSED ? undefined : nearest(provider, ids);
  if (guess !== undefined) return `did you mean keyfob login ${guess}?`;
  const all = "keyfob providers list shows whom to log in to";
  return accounts.length === 0 ? all : `${listing(accounts)}; ${all}`;
}
