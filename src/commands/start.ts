/**
 * `keyfob` alone: chooses a provider and logs in where a person is there, else shows the help.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Context } from "./context.ts";
import { run as logIn } from "./login.ts";
import { DEFAULT_LOGIN_FLAGS } from "./login_flags.ts";

/** Runs the command. */
export async function run(context: Context, help: string): Promise<void> {
  if (context.terminal.interactive) return logIn(context, DEFAULT_LOGIN_FLAGS);
  context.terminal.say(help);
  throw new UsageError("Cannot choose a command for you: there is no terminal to ask in", {
    hint: "keyfob login ACCOUNT",
  });
}
