/**
 * `keyfob finish`: completes a begun login.
 *
 * @module
 */
import { findDeviceLogin, finishDeviceLogin } from "../accounts/finish_device_login.ts";
import { finishLogin } from "../accounts/finish_login.ts";
import type { LoggedIn } from "../accounts/settle.ts";
import { UsageError } from "../errors.ts";
import type { Context } from "./context.ts";
import { showLoggedIn } from "./logged_in.ts";

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
async function finish(context: Context, { answer, state }: FinishFlags): Promise<LoggedIn> {
  const { services, terminal, signal } = context;
  const isAskedFirst = answer === undefined && (state !== undefined || terminal.interactive);
  const begun = isAskedFirst ? await findDeviceLogin(services, state) : undefined;
  if (begun !== undefined) return waitForDevice(context, begun);
  const text = answer ?? (await readAnswer(context));
  const silent = text.trim() === "" ? await findDeviceLogin(services, state) : undefined;
  if (silent !== undefined) return finishDeviceLogin(services, silent, signal);
  return finishLogin(services, { text, state, isExposed: answer !== undefined, signal });
}

function waitForDevice({ services, terminal, signal }: Context, state: string): Promise<LoggedIn> {
  if (terminal.interactive)
    terminal.say("Waiting for the code to be entered; ctrl-C keeps it for later.", "quiet");
  return finishDeviceLogin(services, state, signal);
}

/** A person may paste and press return; a pipe is read to its end. */
async function readAnswer({ terminal, signal }: Context): Promise<string> {
  if (!terminal.interactive) return terminal.readAll(LONGEST_ANSWER, signal);
  const { promptForAnswer } = await import("../login/prompts_answer.ts");
  for await (const text of promptForAnswer(terminal, { message: "Paste the answer here", signal }))
    return text;
  throw new UsageError("Cannot finish: no answer was given", { hint: "keyfob finish < FILE" });
}
