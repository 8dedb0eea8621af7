/**
 * `keyfob finish`: completes a begun login.
 *
 * @module
 */
import { finishLogin } from "../accounts/finish_login.ts";
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
  const text = flags.answer ?? (await readAnswer(context));
  const result = await finishLogin(context.services, {
    text,
    state: flags.state,
    isExposed: flags.answer !== undefined,
  });
  await showLoggedIn(context, result, flags);
}

/** A person may paste and press return; a pipe is read to its end. */
async function readAnswer({ terminal, signal }: Context): Promise<string> {
  if (!terminal.interactive) return terminal.readAll(LONGEST_ANSWER);
  const { promptForAnswer } = await import("../login/prompts.ts");
  for await (const text of promptForAnswer(terminal, { message: "Paste the answer here", signal }))
    return text;
  throw new UsageError("Cannot finish: no answer was given", { hint: "keyfob finish < FILE" });
}
