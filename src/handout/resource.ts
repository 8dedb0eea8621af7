/**
 * Finding the account whose token is meant for a resource.
 *
 * @module
 */
import { type Configuration, settingsOf } from "../accounts/configuration.ts";
import { originOf } from "../accounts/resource_origin.ts";
import type { Services } from "../accounts/services.ts";
import { givenToken } from "../accounts/token.ts";
import { KeyfobError } from "../errors.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Registry } from "../registry/registry.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** An account, and what its provider's entry and the person's settings say about handing it out. */
export interface Holder {
  readonly name: AccountName;
  /** Origins that the token may go to. */
  readonly origins: readonly string[];
  readonly usernames: { readonly git?: string | undefined; readonly docker?: string | undefined };
}

/** Who asks for what. */
export interface ResourceRequest {
  /** Origins that are all the same to the one who asks; the account must name one of them exactly. */
  readonly origins: readonly string[];
  /** The only account that may answer. */
  readonly account?: AccountName | undefined;
  /** A label that decides between several accounts. */
  readonly label?: string | undefined;
}

/**
 * The account that may answer; undefined where there is none. Where there are several the default account answers,
 * or the one with the label, or with a notice nobody.
 */
export async function holderOf(services: Services, request: ResourceRequest): Promise<Holder | undefined> {
  const holders = await holdersAmong(services, request);
  const [first, ...more] = holders.filter(({ origins }) =>
    request.origins.some((origin) => origins.includes(origin)),
  );
  if (first === undefined || more.length === 0) return first;
  const { defaultAccount } = await services.configuration();
  const usual = [first, ...more].find(
    ({ name }) => defaultAccount !== undefined && isSame(name, defaultAccount),
  );
  const labelled = [first, ...more].find(({ name }) => name.label === request.label);
  if (labelled !== undefined || usual !== undefined) return labelled ?? usual;
  const names = [first, ...more].map(({ name }) => formatAccountName(name)).join(", ");
  services.notice(`Several accounts are for ${request.origins[0]} (${names}): choose one with --account`);
  return undefined;
}

/** The account that was asked for, or all there are. */
async function holdersAmong(services: Services, { account }: ResourceRequest): Promise<Holder[]> {
  if (account !== undefined) return [await readHolder(services, account)];
  return listHolders(services);
}

/** Every account with what may be done with it; one whose entry is broken may be handed to nobody. */
export async function listHolders(services: Services): Promise<Holder[]> {
  const vault = await services.vault();
  const stored = (await vault.list()).map(({ name, session }) => ({ name, choices: session.choices }));
  const given = (await givenAccounts(services)).filter(
    (name) => !stored.some((account) => isSame(account.name, name)),
  );
  const accounts = [...stored, ...given.map((name) => ({ name, choices: {} }))];
  const sources = await readSources(services);
  return accounts.flatMap(({ name, choices }) => {
    try {
      return [describe(sources, name, choices)];
    } catch (failure) {
      if (!(failure instanceof KeyfobError)) throw failure;
      return [];
    }
  });
}

/**
 * What may be done with one account.
 *
 * @throws {ConfigurationError} where its provider's entry is broken
 */
export async function readHolder(services: Services, name: AccountName): Promise<Holder> {
  const vault = await services.vault();
  const account = await vault.find(name);
  return describe(await readSources(services), name, account?.session.choices ?? {});
}

/** What says where tokens may go. */
interface Sources {
  readonly configuration: Configuration;
  readonly registry: Registry;
}

async function readSources(services: Services): Promise<Sources> {
  return { configuration: await services.configuration(), registry: await services.registry() };
}

function describe({ configuration, registry }: Sources, name: AccountName, choices: ProviderChoices): Holder {
  const settings = settingsOf(configuration, name);
  const entry = registry.has(name.provider) ? registry.preview(name.provider, choices) : undefined;
  const resources = settings.resources ?? entry?.resources ?? [];
  return {
    name,
    origins: resources.map(originOf).filter((origin) => origin !== undefined),
    usernames: settings.usernames ?? entry?.usernames ?? {},
  };
}

/** Accounts that stand in the environment alone, as on a machine without a disk. */
async function givenAccounts({ environment, registry }: Services): Promise<AccountName[]> {
  if (!Object.keys(environment).some((name) => name.startsWith("KEYFOB_TOKEN_"))) return [];
  const names = (await registry()).list().map(({ id }) => ({ provider: id, label: "default" }));
  return names.filter((name) => givenToken(environment, name) !== undefined);
}

function isSame(name: AccountName, other: AccountName): boolean {
  return name.provider === other.provider && name.label === other.label;
}
