/**
 * `keyfob finish`: completes a begun login.
 *
 * @module
 */
import { expectAnswer } from "../accounts/answered_attempt.ts";
import { findDeviceLogin, finishDeviceLogin } from "../accounts/finish_device_login.ts";
import { finishLogin, tryToFinish } from "../accounts/finish_login.ts";
import type { LoggedIn } from "../accounts/settle.ts";
import { type KeyfobError, UsageError } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import type { Context } from "./context.ts";
import { showLoggedIn } from "./logged_in.ts";
import { talkColumns, wrapped } from "./wrapped_text.ts";

/** Bytes an answer may have; the longest seen are a few thousand. */
const LONGEST_ANSWER = 65_536;

/** Parsed flags of `keyfob finish`. */
export interface FinishFlags {
  readonly answer?: string | undefined;
  readonly state?: string | undefined;
  readonly json: boolean;
  readonly format?: "config" | undefined;
}

/** Runs the command. */
export async function run(context: Context, flags: FinishFlags): Promise<void> {
  await showLoggedIn(context, await finish(context, flags), flags);
}

/** A login by device code needs no answer, so none is waited for. */
async function finish(context: Context, { answer, state, json }: FinishFlags): Promise<LoggedIn> {
  const { services, terminal, signal } = context;
  const isAskedFirst = answer === undefined && (state !== undefined || terminal.interactive);
  const begun = isAskedFirst ? await findDeviceLogin(services, state) : undefined;
  if (begun !== undefined) return waitForDevice(context, begun);
  if (answer === undefined && terminal.interactive) return finishByPasting(context, { state, json });
  const text = answer ?? (await terminal.readAll(LONGEST_ANSWER, signal));
  const silent = text.trim() === "" ? await findDeviceLogin(services, state) : undefined;
  if (silent !== undefined) return finishDeviceLogin(services, silent, signal);
  return finishLogin(services, { text, state, isExposed: answer !== undefined, signal });
}

function waitForDevice({ services, terminal, signal }: Context, state: string): Promise<LoggedIn> {
  if (terminal.interactive)
    terminal.say("Waiting for the code to be entered; ctrl-C keeps it for later.", "quiet");
  return finishDeviceLogin(services, state, signal);
}

/** A person is asked again after a bad paste, as a login does; a program that wants JSON gets the failure at once. */
async function finishByPasting(
  { services, terminal, signal }: Context,
  { state, json }: Pick<FinishFlags, "state" | "json">,
): Promise<LoggedIn> {
  if (state === undefined) await expectAnswer(await services.vault());
  const { promptForAnswer } = await import("../login/prompts_answer.ts");
  let last: KeyfobError | undefined;
  for await (const text of promptForAnswer(terminal, { message: "Paste the answer here", signal })) {
    const finished = await tryToFinish(services, { text, state, isExposed: false, signal });
    if (!("rejected" in finished)) return finished;
    last = finished.rejected;
    if (json) break;
    sayRejected(terminal, last);
  }
  throw last ?? new UsageError("Cannot finish: no answer was given", { hint: "keyfob finish < FILE" });
}

function sayRejected(terminal: Terminal, { message, hint }: KeyfobError): void {
  const columns = talkColumns(terminal);
  terminal.say(wrapped(message, columns), "warning");
  if (hint !== undefined) terminal.say(wrapped(hint, columns, "  hint: "));
}
