/**
 * Receiving the answer of a login with whatever this machine and its person have: a browser, a terminal, a pipe.
 *
 * @module
 */
import { logIn } from "../accounts/log_in.ts";
import type { DeviceScreen, LoginWay } from "../accounts/login_request.ts";
import { rememberMethod } from "../accounts/remembered_method.ts";
import type { LoggedIn } from "../accounts/settle.ts";
import { Interrupted, KeyfobError } from "../errors.ts";
import { openBrowser } from "../login/browser.ts";
import type { Report } from "../login/event.ts";
import type { PastedTexts } from "../login/flow.ts";
import { judgeMachine } from "../login/machine.ts";
import { readMachineFacts } from "../login/machine_facts.ts";
import { choose, confirm } from "../login/prompts.ts";
import { promptForAnswer } from "../login/prompts_answer.ts";
import { waitWithKeys } from "../login/prompts_waiting.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import type { LoginFlags } from "./login_flags.ts";
import { jsonReport } from "./login_report.ts";
import { LoginScreen } from "./login_screen.ts";
import { talkColumns, wrapped } from "./wrapped_text.ts";

/** Lines of a pipe that may be no answer: no program that means it errs more often. */
const MOST_BAD_LINES = 20;

/** A login as the command line asks for it. */
export interface WantedLogin {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  readonly flags: LoginFlags;
}

/**
 * Logs in, and remembers how where the person was asked.
 *
 * @throws what logging in throws
 */
export async function receive(context: Context, { name, choices, flags }: WantedLogin): Promise<LoggedIn> {
  const { services, signal, terminal } = context;
  const opens = opensBrowser(context, flags);
  const isWatched = terminal.interactive && !flags.json;
  const screen = new LoginScreen(context, { name, opens });
  const question = new MethodQuestion(context, name);
  const report = question.listening(flags.json ? jsonReport(context) : screen.report);
  const request = {
    name,
    choices,
    way: wayOf(flags, opens),
    listen: flags.method !== "paste",
    port: flags.port,
    bind: flags.bind,
    dataFolder: context.paths.dataFolder,
    timeoutSeconds: flags.timeoutSeconds,
    isTimeoutGiven: flags.isTimeoutGiven,
    patience: flags.patience,
    maySwitchPerson: flags.maySwitchPerson,
  };
  const result = await logIn(services, request, {
    report,
    pasted: isWatched ? askingPastes(context, screen) : (ended) => terminal.lines(ended),
    mostBadPastes: isWatched ? undefined : MOST_BAD_LINES,
    present: opens ? browserOpener(context, report) : undefined,
    chooseWay: isWatched ? () => question.ask() : undefined,
    deviceScreen: isWatched ? deviceScreen(context, screen) : undefined,
    signal,
  });
  await question.remember();
  return result;
}

/** A person with a browser here needs no other device; somebody elsewhere may prefer one. */
function wayOf({ method }: LoginFlags, opens: boolean): LoginWay | "ask" {
  if (method === "device") return "device";
  return method === "auto" && !opens ? "ask" : "address";
}

/** Whether to try a browser here: the flag first, then what the machine looks like. */
function opensBrowser({ terminal }: Context, flags: LoginFlags): boolean {
  if (!flags.mayOpenBrowser || flags.method === "paste" || flags.method === "device") return false;
  return flags.method === "browser" || judgeMachine(readMachineFacts(terminal.interactive)).browser;
}

function browserOpener({ terminal }: Context, report: Report): (url: string) => void {
  return (url) => {
    void openBrowser(url, readMachineFacts(terminal.interactive)).then((opening) => {
      if (!opening.opened) report({ event: "unopened", reason: opening.reason });
    });
  };
}

function askingPastes({ terminal, signal: interrupted }: Context, screen: LoginScreen): PastedTexts {
  return (signal, until) =>
    promptForAnswer(terminal, {
      message: "Paste the address here",
      signal: AbortSignal.any([signal, interrupted]),
      until,
      keys: screen.keys,
    });
}

/** Failures after which the person may not want to go on: they said no, or went away. */
const PERHAPS_MEANT = new Set(["access_denied", "expired_token"]);

/** A ctrl-C that a prompt took is one like any other: what was sent ends first, and the next one ends all at once. */
async function passOn(interrupt: Context["interrupt"], prompt: () => Promise<void>): Promise<void> {
  try {
    await prompt();
  } catch (failure) {
    if (failure instanceof Interrupted) interrupt(failure);
    throw failure;
  }
}

function deviceScreen(context: Context, screen: LoginScreen): DeviceScreen {
  const { terminal, signal, interrupt } = context;
  return {
    wait: ({ until, signal: ended, openAddress }) =>
      passOn(interrupt, () =>
        waitWithKeys(terminal, {
          message: "Waiting for the code",
          until,
          signal: ended,
          keys: { ...screen.keys, ...(openAddress === undefined ? {} : { p: openAddress }) },
          pasted: () =>
            terminal.say("Nothing is to be pasted yet: press p for an address to open", "warning"),
        }),
      ),
    async goOnByAddress(failure) {
      const columns = talkColumns(terminal);
      terminal.say(wrapped(failure.message, columns), "warning");
      if (failure.hint !== undefined) terminal.say(wrapped(failure.hint, columns, "  hint: "));
      const message = "Open an address and paste the result instead?";
      if (PERHAPS_MEANT.has(failure.code)) return confirm(terminal, { message, signal });
      terminal.say("Going on with an address to open instead.");
      return true;
    },
  };
}

/** Asks a person once for each provider how they want to log in. */
class MethodQuestion {
  readonly #context: Context;
  readonly #name: AccountName;
  #isAsked = false;
  #via: "callback" | "paste" | "device" | undefined;

  constructor(context: Context, name: AccountName) {
    this.#context = context;
    this.#name = name;
  }

  /** `report`, with an ear for the way that worked. */
  listening(report: Report): Report {
    return (event) => {
      if (event.event === "answered") this.#via = event.via;
      report(event);
    };
  }

  async ask(): Promise<LoginWay> {
    const { services, terminal, signal } = this.#context;
    const { method } = await services.configuration();
    const known = method?.[this.#name.provider];
    if (known !== undefined) return known === "device" ? "device" : "address";
    this.#isAsked = true;
    return choose<LoginWay>(terminal, {
      message: `No browser opens here. How do you want to log in to ${formatAccountName(this.#name)}?`,
      choices: [
        { value: "device", label: "Enter a short code on another device" },
        { value: "address", label: "Open an address and paste the result" },
      ],
      signal,
    });
  }

  /** Keeps what worked, so that a choice which did not is asked for again. The login is stored whatever happens here. */
  async remember(): Promise<void> {
    if (!this.#isAsked) return;
    const { paths, terminal } = this.#context;
    const method = this.#via === "device" ? "device" : "paste";
    try {
      await rememberMethod(paths.configFile, this.#name.provider, method);
    } catch (failure) {
      const why = failure instanceof KeyfobError ? failure.message : `Cannot write "${paths.configFile}"`;
      terminal.say(`The choice is not remembered: ${why}`, "warning");
      return;
    }
    terminal.say(`Next time the same way; --method device or paste takes the other`, "quiet");
  }
}
