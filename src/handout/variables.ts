/**
 * Which environment variable carries which account's token.
 *
 * @module
 */
import { settingsOf } from "../accounts/configuration.ts";
import type { Services } from "../accounts/services.ts";
import { UsageError } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** Accounts by the name of the variable that carries their token. */
export type VariablePlan = ReadonlyMap<string, AccountName>;

/** What was asked for: accounts with the usual variables, and variables by name. */
export interface VariableRequest {
  readonly accounts: readonly AccountName[];
  readonly named: Readonly<Record<string, AccountName>>;
}

/**
 * Plans the variables of a child.
 *
 * @throws {UsageError} `variable_taken` where two accounts want the same one
 */
export async function planVariables(services: Services, request: VariableRequest): Promise<VariablePlan> {
  const plan = new Map<string, AccountName>();
  for (const account of request.accounts) {
    for (const variable of await usualVariables(services, account)) assign(plan, variable, account);
  }
  for (const [variable, account] of Object.entries(request.named)) assign(plan, variable, account);
  return plan;
}

function assign(plan: Map<string, AccountName>, variable: string, account: AccountName): void {
  const other = plan.get(variable);
  const [name, otherName] = [formatAccountName(account), formatAccountName(other ?? account)];
  if (name !== otherName) {
    throw new UsageError(`Cannot put both "${otherName}" and "${name}" into ${variable}`, {
      code: "variable_taken",
      hint: `give one of them a variable of its own: --env NAME=${name}`,
    });
  }
  plan.set(variable, account);
}

/** The person's choice for the account, else the registry's for the provider, else `<PROVIDER>_TOKEN`. */
async function usualVariables(services: Services, account: AccountName): Promise<readonly string[]> {
  const { env } = settingsOf(await services.configuration(), account);
  if (env !== undefined) return env;
  const registry = await services.registry();
  const known = registry.has(account.provider) ? registry.preview(account.provider, {}).env : undefined;
  return known ?? [defaultVariable(account.provider)];
}

/** A name may not begin with a digit (POSIX 8.1). */
function defaultVariable(provider: string): string {
  const name = `${provider.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_TOKEN`;
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
