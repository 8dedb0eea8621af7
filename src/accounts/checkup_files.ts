/**
 * Checks the files that a person writes: the registry, and the settings.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import type { RegistryProblem } from "../registry/registry.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { badFinding, type Finding } from "./finding.ts";
import type { Services } from "./services.ts";
import { givenToken } from "./token.ts";

/** Every problem of the registry files, or that there is none. */
export async function checkRegistry(services: Services): Promise<Finding[]> {
  const subject = "registry";
  try {
    const registry = await services.registry();
    const { unused } = registry;
    // Of a file that is not used, only why: the rest of it is a guess.
    const problems = registry.problems.filter(
      ({ file, provider }) => provider === undefined || !unused.some((one) => one.file === file),
    );
    if (problems.length === 0) {
      return [{ subject, state: "good", message: `${registry.list().length} providers, no problem` }];
    }
    return problems.map(problemFinding);
  } catch (failure) {
    if (failure instanceof KeyfobError) return [badFinding(subject, failure)];
    throw failure;
  }
}

function problemFinding({ file, line, column, message, hint }: RegistryProblem): Finding {
  const place = `${file}:${line}:${column}`;
  const fix = hint ?? "correct it there; keyfob providers check says whether all is right then";
  return { subject: "registry", state: "bad", message: `${place}: ${message}`, fix };
}

/** Whether the person's settings can be read, and what they name is there. */
export async function checkConfiguration(services: Services, paths: Paths): Promise<Finding[]> {
  const subject = "config.json";
  try {
    const { defaultAccount } = await services.configuration();
    if (defaultAccount === undefined || (await hasToken(services, defaultAccount))) return [];
    const account = formatAccountName(defaultAccount);
    const message = `"default_account" is "${account}", and nobody is logged in as that`;
    const fix = `let it name a login that keyfob status shows, in "${paths.configFile}", or: keyfob login ${account}`;
    return [{ subject, state: "bad", message, fix }];
  } catch (failure) {
    if (failure instanceof KeyfobError) return [badFinding(subject, failure)];
    throw failure;
  }
}

/** True where that cannot be told: what is wrong with the store is said of it. */
async function hasToken(services: Services, name: AccountName): Promise<boolean> {
  if (givenToken(services.environment, name) !== undefined) return true;
  try {
    const wanted = formatAccountName(name);
    return (await (await services.vault()).survey()).some((one) => formatAccountName(one.name) === wanted);
  } catch (failure) {
    if (failure instanceof KeyfobError) return true;
    throw failure;
  }
}
