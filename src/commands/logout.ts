/**
 * `keyfob logout`: revokes and forgets.
 *
 * @module
 */
import { type LoggedOut, logOut } from "../accounts/log_out.ts";
import { KeyfobError, UsageError } from "../errors.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";
import { sayWrapped } from "./wrapped_text.ts";

/** Parsed flags of `keyfob logout`. */
export interface LogoutFlags {
  readonly account?: string | undefined;
  readonly all: boolean;
  readonly localOnly: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: LogoutFlags): Promise<void> {
  const { terminal, services, signal } = context;
  const { localOnly } = flags;
  const ended: LoggedOut[] = [];
  for (const name of await chosen(context, flags)) {
    const one = await logOut(services, name, { localOnly, signal }).catch((failure: unknown) => {
      throw withEnded(failure, ended);
    });
    ended.push(one);
    if (!flags.json) say(context, one);
  }
  if (flags.json) await terminal.data(jsonLine(ended.map(document)));
  else if (ended.length === 0) terminal.say("Nobody is logged in");
}

/** `failure`, telling programs too what was done before it. */
function withEnded(failure: unknown, ended: readonly LoggedOut[]): unknown {
  if (!(failure instanceof KeyfobError) || ended.length === 0) return failure;
  const { message, exitStatus, code, hint } = failure;
  return new KeyfobError(message, exitStatus, code, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...failure.details, logged_out: ended.map(document) },
    cause: failure,
  });
}

async function chosen(context: Context, flags: LogoutFlags) {
  if (flags.all && flags.account === undefined) {
    const vault = await context.services.vault();
    return (await vault.survey()).map(({ name }) => name);
  }
  if (!flags.all && flags.account !== undefined) return [parseAccountName(flags.account)];
  throw new UsageError("Cannot tell whom to log out: name one account, or give --all alone", {
    hint: "keyfob logout ACCOUNT, or keyfob logout --all; keyfob status lists the accounts",
  });
}

function say({ terminal }: Context, { name, revoked, reason }: LoggedOut): void {
  const account = formatAccountName(name);
  if (revoked === true)
    return sayWrapped(
      terminal,
      `Logged out of ${account}: revoked at the provider and forgotten here`,
      "good",
    );
  terminal.say(`Logged out of ${account}: forgotten here`, "good");
  if (reason !== undefined) {
    sayWrapped(terminal, `It could not be revoked at the provider: ${reason}`, "warning");
    terminal.say("  hint: end the session in the provider's account settings", "quiet");
  }
}

function document({ name, revoked, reason }: LoggedOut): object {
  return { ...accountFields(name), forgotten: true, revoked, reason: reason ?? null };
}
