/**
 * Accounts whose tokens stand in the environment alone, as on a machine without a disk.
 *
 * @module
 */
import type { AccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";
import { tokenVariable } from "./token_variable.ts";

/** What `keyfob run --serve` tells its child; they carry no token of an account. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(["KEYFOB_TOKEN_URL", "KEYFOB_TOKEN_SECRET"]);
const VARIABLE = /^KEYFOB_TOKEN_([A-Z0-9_]+)$/;

/** One account for each such variable, sorted. The registry says how the provider is written; unknown ones are guessed. */
export async function givenAccounts(services: Services): Promise<AccountName[]> {
  const variables = Object.entries(services.environment)
    .filter(([name, value]) => VARIABLE.test(name) && !OTHER_VARIABLES.has(name) && value)
    .map(([name]) => name);
  if (variables.length === 0) return [];
  const known = (await services.registry()).list().map(({ id }) => id);
  return variables.sort().map((variable) => {
    const provider = known.find((id) => tokenVariable(id) === variable) ?? guessed(variable);
    return { provider, label: "default" };
  });
}

function guessed(variable: string): string {
  return variable.replace(VARIABLE, "$1").toLowerCase().replaceAll("_", "-");
}
