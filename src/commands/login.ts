/**
 * `keyfob login`: logs in, here and now or begun for later.
 *
 * @module
 */
import { beginLogin } from "../accounts/begin_login.ts";
import { logIn } from "../accounts/log_in.ts";
import { logInByDevice } from "../accounts/log_in_by_device.ts";
import type { LoggedIn } from "../accounts/settle.ts";
import { openBrowser } from "../login/browser.ts";
import type { Report } from "../login/event.ts";
import type { PastedTexts } from "../login/flow.ts";
import { judgeMachine } from "../login/machine.ts";
import { readMachineFacts } from "../login/machine_facts.ts";
import { promptForAnswer } from "../login/prompts.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { AccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { jsonLine, time } from "./json.ts";
import { showLoggedIn } from "./logged_in.ts";
import { choicesOf, type LoginFlags } from "./login_flags.ts";
import { completeChoices, chooseAccount, isWanted } from "./login_questions.ts";
import { jsonReport, spokenReport } from "./login_report.ts";

/** Runs the command. */
export async function run(context: Context, flags: LoginFlags): Promise<void> {
  const name = await chooseAccount(context, flags);
  if (!(await isWanted(context, name, flags))) return;
  const choices = await completeChoices(context, name.provider, choicesOf(flags), flags);
  if (flags.begin) return begin(context, name, choices, flags);
  await sayNotice(context, name.provider, choices, flags);
  const result = await receive(context, name, choices, flags);
  await showLoggedIn(context, result, flags);
}

async function begin(
  context: Context,
  name: AccountName,
  choices: ProviderChoices,
  flags: LoginFlags,
): Promise<void> {
  const { port, timeoutSeconds, maySwitchPerson } = flags;
  const attempt = await beginLogin(context.services, {
    name,
    choices,
    port,
    timeoutSeconds,
    maySwitchPerson,
  });
  const document = {
    url: attempt.url,
    state: attempt.state,
    redirect_uri: attempt.redirectUri,
    expires_at: time(attempt.expiresAt),
  };
  await context.terminal.data(jsonLine(document));
}

function receive(
  context: Context,
  name: AccountName,
  choices: ProviderChoices,
  flags: LoginFlags,
): Promise<LoggedIn> {
  const { services, signal } = context;
  const opens = opensBrowser(context, flags);
  const report = flags.json ? jsonReport(context) : spokenReport(context, { name, opens });
  if (flags.method === "device") {
    return logInByDevice(
      services,
      { name, choices, maySwitchPerson: flags.maySwitchPerson },
      { report, signal },
    );
  }
  const request = {
    name,
    choices,
    listen: flags.method !== "paste",
    port: flags.port,
    bind: flags.bind,
    timeoutSeconds: flags.timeoutSeconds,
    patience: flags.patience,
    maySwitchPerson: flags.maySwitchPerson,
  };
  const present = opens ? browserOpener(context, report) : undefined;
  return logIn(services, request, { report, pasted: pastedTexts(context, flags), present, signal });
}

/** Whether to try a browser here: the flag first, then what the machine looks like. */
function opensBrowser({ terminal }: Context, flags: LoginFlags): boolean {
  if (!flags.mayOpenBrowser || flags.method === "paste" || flags.method === "device") return false;
  return flags.method === "browser" || judgeMachine(readMachineFacts(terminal.interactive)).browser;
}

function browserOpener({ terminal }: Context, report: Report): (url: string) => void {
  return (url) => {
    void openBrowser(url, readMachineFacts(terminal.interactive)).then((opening) => {
      if (!opening.opened) report({ event: "notice", text: `No browser could be opened: ${opening.reason}` });
    });
  };
}

/** A prompt where a person is, the lines of a pipe where one is. */
function pastedTexts({ terminal, signal: interrupted }: Context, flags: LoginFlags): PastedTexts {
  if (!terminal.interactive || flags.json) return (signal) => terminal.lines(signal);
  return (signal) =>
    promptForAnswer(terminal, {
      message: "Paste the address here",
      signal: AbortSignal.any([signal, interrupted]),
    });
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
  if (provider.notice !== undefined) context.terminal.say(provider.notice, "quiet");
  if (provider.layer === "built-in" && provider.tier === "unverified") {
    context.terminal.say(
      `The facts on ${provider.name} come from one source only; please report what does not work`,
      "quiet",
    );
  }
}
