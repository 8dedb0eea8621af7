/**
 * What `keyfob login` may have to ask before it can begin: which provider, whether at all, missing variables.
 *
 * @module
 */
import { readStatus } from "../accounts/status.ts";
import { freshToken } from "../accounts/token.ts";
import { LoginRequired, UsageError } from "../errors.ts";
import { ask, chooseProvider, confirm } from "../login/prompts.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { type Account, type AccountName, formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";
import { doneEvent } from "./logged_in.ts";
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
  const registry = await context.services.registry();
  const providers = registry.list().toSorted((left, right) => Number(right.ready) - Number(left.ready));
  const choices = providers.map(({ id, name, ready }) => ({
    id,
    name,
    hint: ready ? id : `${id}, needs a client`,
  }));
  return parseAccountName(await chooseProvider(context.terminal, choices, context.signal));
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
  const { services, terminal, signal } = context;
  try {
    await freshToken(services, { name, minValidSeconds: NEEDED_SECONDS, isMinValidAsked: false, signal });
  } catch (failure) {
    if (failure instanceof LoginRequired) return false;
    throw failure;
  }
  const vault = await services.vault();
  const account: Account | undefined = await vault.find(name);
  if (flags.json && account !== undefined) await terminal.data(jsonLine(doneEvent(account)));
  else if (!flags.json) terminal.say(`${formatAccountName(name)} is logged in already`, "good");
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
