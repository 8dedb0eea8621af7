/**
 * What a login says when it is done.
 *
 * @module
 */
import type { LoggedIn } from "../accounts/settle.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, configDocument, jsonLine, time } from "./json.ts";

/** Prints the stored login: an event, a configuration document, or a sentence. */
export async function showLoggedIn(
  { terminal }: Context,
  result: LoggedIn,
  how: { readonly json: boolean; readonly format?: "config" | undefined },
): Promise<void> {
  const { name, session } = result;
  if (how.format === "config")
    await terminal.data(jsonLine(configDocument({ name, tokens: session.tokens })));
  else if (how.json) await terminal.data(jsonLine(doneEvent(result)));
  if (how.json) return;
  const who = session.display === null ? "" : ` as ${session.display}`;
  terminal.say(`Logged in to ${formatAccountName(name)}${who}`, "good");
}

/** The last event of `login --json`. */
export function doneEvent({ name, session }: LoggedIn): object {
  return {
    event: "done",
    ...accountFields(name),
    subject: session.subject,
    display: session.display,
    expires_at: time(session.tokens.expiresAt),
  };
}
