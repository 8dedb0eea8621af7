/**
 * What `keyfob login` may have to ask before it can begin: which provider, whether at all, missing variables.
 *
 * @module
 */
import { listProviders } from "../accounts/provider_list.ts";
import { readStatus } from "../accounts/status.ts";
import { freshToken, type HandedToken } from "../accounts/token.ts";
import { LoginRequired, UsageError } from "../errors.ts";
import { ask, chooseProvider, confirm } from "../login/prompts.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { ProviderSummary } from "../registry/registry.ts";
import { type AccountName, formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { showAlreadyLoggedIn } from "./logged_in.ts";
import type { LoginFlags } from "./login_flags.ts";

/** Seconds a token must still work for `--if-needed` to leave the login alone; as `keyfob token` has it. */
const NEEDED_SECONDS = 60;

/**
 * The account to log in to, asked for where none is named.
 *
 * @throws {UsageError} where none is named and nobody can be asked
 */
export async function chooseAccount(context: Context, flags: LoginFlags): Promise<AccountName> {
  if (flags.account !== undefined) return parseAccountName(flags.account);
  if (!context.terminal.interactive || flags.json) {
    throw new UsageError(
      "Cannot tell which provider to log in to: none is named, and there is no terminal to ask in",
      {
        code: "no_provider",
        hint: "keyfob login PROVIDER; keyfob providers list shows them",
      },
    );
  }
  const providers = await listProviders(context.services);
  const choices = providers
    .toSorted((left, right) => Number(right.ready) - Number(left.ready))
    .map((summary) => ({ id: summary.id, name: summary.name, hint: hintOf(summary) }));
  return parseAccountName(await chooseProvider(context.terminal, choices, context.signal));
}

/** What stands beside a name: the id where it says more, and what is missing. */
function hintOf({ id, name, ready, lacksSecret }: ProviderSummary): string {
  const needs = ready ? "" : lacksSecret === true ? "needs a secret" : "needs a client";
  return [name.toLowerCase() === id ? "" : id, needs].filter((text) => text !== "").join(", ");
}

/** Whether to go on: `--if-needed` looks for a token that can be had, a person is asked before logging in again. */
export async function isWanted(context: Context, name: AccountName, flags: LoginFlags): Promise<boolean> {
  if (flags.ifNeeded) return !(await hasToken(context, name, flags));
  if (flags.begin || flags.json || !context.terminal.interactive) return true;
  const vault = await context.services.vault();
  if ((await vault.find(name)) === undefined) return true;
  const [status] = await readStatus(context.services, name);
  if (status?.state !== "alive") return true;
  const who = status.display ?? status.subject ?? "somebody";
  const message = `${formatAccountName(name)} is logged in as ${who}. Log in again?`;
  return confirm(context.terminal, { message, initial: false, signal: context.signal });
}

async function hasToken(context: Context, name: AccountName, flags: LoginFlags): Promise<boolean> {
  const { services, signal } = context;
  let handed: HandedToken;
  try {
    handed = await freshToken(services, {
      name,
      minValidSeconds: NEEDED_SECONDS,
      isMinValidAsked: false,
      isLoginAtHand: true,
      signal,
    });
  } catch (failure) {
    if (failure instanceof LoginRequired) return false;
    throw failure;
  }
  await showAlreadyLoggedIn(context, handed, flags);
  return true;
}

/** `choices` with the variables that the provider needs and nobody gave, asked for where a person is. */
export async function completeChoices(
  context: Context,
  provider: string,
  choices: ProviderChoices,
  flags: LoginFlags,
): Promise<ProviderChoices> {
  if (!context.terminal.interactive || flags.json) return choices;
  const registry = await context.services.registry();
  if (!registry.has(provider)) return choices;
  const answers: Record<string, string> = { ...choices.set };
  for (const { name, prompt } of registry.missingVariables(provider, choices)) {
    answers[name] = await ask(context.terminal, {
      message: prompt,
      signal: context.signal,
      validate: (text) => (text.trim() === "" ? "An answer is needed" : undefined),
    });
  }
  return Object.keys(answers).length === 0 ? choices : { ...choices, set: answers };
}
