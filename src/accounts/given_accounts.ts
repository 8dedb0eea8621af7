/**
 * Accounts whose tokens stand in the environment alone, as on a machine without a disk.
 *
 * @module
 */
import { ConfigurationError, KeyfobError } from "../errors.ts";
import type { AccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";
import { carriesToken, tokenVariable } from "./token_variable.ts";

const VARIABLE = /^KEYFOB_TOKEN_([A-Z0-9_]+)$/;

/** One account for each such variable, sorted. The registry says how the provider is written; unknown ones are guessed. */
export async function givenAccounts(services: Services): Promise<AccountName[]> {
  const variables = Object.entries(services.environment)
    .filter(([name, value]) => VARIABLE.test(name) && carriesToken(name) && value)
    .map(([name]) => name);
  if (variables.length === 0) return [];
  const known = await knownIds(services);
  return variables.sort().map((variable) => {
    const provider = known.find((id) => tokenVariable(id) === variable) ?? guessed(variable);
    return { provider, label: "default" };
  });
}

/**
 * The account to use where `failure` says that this machine has no home: nothing can be stored there, so that only the
 * environment says anything. Undefined where it failed otherwise, or there is not exactly one such account.
 */
export async function homelessAccount(
  services: Services,
  failure: unknown,
): Promise<AccountName | undefined> {
  if (!isHomeless(failure)) return undefined;
  const [given, ...others] = await givenAccounts(services);
  return others.length === 0 ? given : undefined;
}

/**
 * Refuses a token that may be meant for another provider.
 *
 * @throws {ConfigurationError} `variable_shared` where the registry has another provider with the same variable
 */
export async function refuseSharedVariable(services: Services, provider: string): Promise<void> {
  const variable = tokenVariable(provider);
  const known = await knownIds(services);
  const other = known.find((id) => id !== provider && tokenVariable(id) === variable);
  if (other === undefined) return;
  throw new ConfigurationError(`Cannot tell whether ${variable} is meant for "${provider}" or "${other}"`, {
    code: "variable_shared",
    hint: `unset ${variable} and log in, or give one of the two another id in the registry`,
  });
}

/** Without a home there is no registry to ask, and a name that is guessed leads to the same variable. */
async function knownIds(services: Services): Promise<string[]> {
  try {
    return (await services.registry()).list().map(({ id }) => id);
  } catch (failure) {
    if (isHomeless(failure)) return [];
    throw failure;
  }
}

function isHomeless(failure: unknown): boolean {
  return failure instanceof KeyfobError && failure.code === "no_home";
}

function guessed(variable: string): string {
  return variable.replace(VARIABLE, "$1").toLowerCase().replaceAll("_", "-");
}
