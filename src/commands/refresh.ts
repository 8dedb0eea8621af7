/**
 * `keyfob refresh`: refreshes an account now.
 *
 * @module
 */
import { freshToken } from "../accounts/token.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine, time } from "./json.ts";
import { untilText } from "./time_text.ts";
import { sayWrapped } from "./wrapped_text.ts";

/** Parsed flags of `keyfob refresh`. */
export interface RefreshFlags {
  readonly account: string;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: RefreshFlags): Promise<void> {
  const name = parseAccountName(flags.account);
  const { tokens, warning } = await freshToken(context.services, {
    name,
    minValidSeconds: 0,
    isMinValidAsked: true,
    force: true,
    signal: context.signal,
  });
  if (warning !== undefined) sayWrapped(context.terminal, warning, "warning");
  if (flags.json) {
    await context.terminal.data(jsonLine({ ...accountFields(name), expires_at: time(tokens.expiresAt) }));
    return;
  }
  const until = untilText(tokens.expiresAt ?? null, context.services.now());
  sayWrapped(context.terminal, `Refreshed ${formatAccountName(name)}: ${until}`, "good");
}
