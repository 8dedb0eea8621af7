/**
 * What a login says when it is done.
 *
 * @module
 */
import type { LoggedIn } from "../accounts/settle.ts";
import type { HandedToken } from "../accounts/token.ts";
import type { Tokens } from "../oauth/tokens.ts";
import { type AccountName, formatAccountName, type Session } from "../vault/account.ts";
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

/** Prints, in the same shapes, that a login was not needed. A token from the environment belongs to nobody known. */
export async function showAlreadyLoggedIn(
  { terminal, services }: Context,
  handed: HandedToken,
  how: { readonly json: boolean; readonly format?: "config" | undefined },
): Promise<void> {
  const { name, tokens, variable } = handed;
  if (how.format === "config") return terminal.data(jsonLine(configDocument(handed)));
  if (!how.json) return terminal.say(`${formatAccountName(name)} is logged in already`, "good");
  const account = variable === undefined ? await (await services.vault()).find(name) : undefined;
  const { subject = null, display = null } = account?.session ?? {};
  await terminal.data(jsonLine(doneEvent({ name, session: { subject, display, tokens } })));
}

interface DoneLogin {
  readonly name: AccountName;
  readonly session: Pick<Session, "subject" | "display"> & { readonly tokens: Pick<Tokens, "expiresAt"> };
}

/** The last event of `login --json`. */
export function doneEvent({ name, session }: DoneLogin): object {
  return {
    event: "done",
    ...accountFields(name),
    subject: session.subject,
    display: session.display,
    expires_at: time(session.tokens.expiresAt),
  };
}
