/**
 * `keyfob login`: logs in, here and now or begun for later.
 *
 * @module
 */
import { beginDeviceLogin } from "../accounts/begin_device_login.ts";
import { beginLogin } from "../accounts/begin_login.ts";
import { withClientOfFile } from "../accounts/chosen_client.ts";
import { withinTime } from "../accounts/patience.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { AccountName } from "../vault/account.ts";
import { completeClient } from "./client_questions.ts";
import type { Context } from "./context.ts";
import { jsonLine, time } from "./json.ts";
import { showLoggedIn } from "./logged_in.ts";
import { choicesOf, type LoginFlags, refuseIdleFlags } from "./login_flags.ts";
import { completeChoices, chooseAccount, isWanted } from "./login_questions.ts";
import { receive } from "./login_receiving.ts";
import { talkColumns, wrapped } from "./wrapped_text.ts";

/** Runs the command. */
export async function run(context: Context, flags: LoginFlags): Promise<void> {
  refuseIdleFlags(flags);
  const name = await chooseAccount(context, flags);
  const vault = await context.services.vault();
  await vault.mend();
  if (!(await isWanted(context, name, flags))) return;
  // Before anything is asked or shown; for a provider that is not known, nothing is made.
  if ((await context.services.registry()).has(name.provider)) await vault.makeReady();
  const given = await withClientOfFile(context.services, name.provider, choicesOf(flags));
  const choices = await completeChoices(context, name.provider, given, flags);
  await completeClient(context, name.provider, choices, flags);
  if (flags.begin) return begin(context, name, choices, flags);
  await sayNotice(context, name.provider, choices, flags);
  const result = await receive(context, { name, choices, flags });
  await showLoggedIn(context, result, flags);
}

async function begin(
  { services, terminal, signal: interrupted }: Context,
  name: AccountName,
  choices: ProviderChoices,
  flags: LoginFlags,
): Promise<void> {
  const { port, timeoutSeconds, isTimeoutGiven, patience, maySwitchPerson } = flags;
  const signal = withinTime(interrupted, { name, timeoutSeconds, patience });
  const request = { name, choices, port, timeoutSeconds, isTimeoutGiven, maySwitchPerson, signal };
  if (flags.method === "device") {
    const { attempt, code } = await beginDeviceLogin(services, request);
    const document = {
      verification_uri: code.verificationUri,
      verification_uri_complete: code.verificationUriComplete ?? null,
      user_code: code.userCode,
      state: attempt.state,
      expires_at: time(attempt.expiresAt),
    };
    return terminal.data(jsonLine(document));
  }
  const attempt = await beginLogin(services, request);
  const document = {
    url: attempt.url,
    state: attempt.state,
    redirect_uri: attempt.redirectUri,
    expires_at: time(attempt.expiresAt),
  };
  await terminal.data(jsonLine(document));
}

/** What a person should know of this provider before signing in there. */
async function sayNotice(
  context: Context,
  id: string,
  choices: ProviderChoices,
  flags: LoginFlags,
): Promise<void> {
  if (flags.json) return;
  const registry = await context.services.registry();
  const provider = registry.resolve(id, choices);
  const { terminal } = context;
  const say = (text: string): void => terminal.say(wrapped(text, talkColumns(terminal)), "quiet");
  if (provider.notice !== undefined) say(provider.notice);
  if (provider.layer === "built-in" && provider.tier === "unverified") {
    say(`The facts on ${provider.name} come from one source only; please report what does not work`);
  }
}
