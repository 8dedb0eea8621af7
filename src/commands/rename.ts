/**
 * `keyfob rename`: gives an account another name.
 *
 * @module
 */
import { renameAccount } from "../accounts/rename.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";

/** Parsed flags of `keyfob rename`. */
export interface RenameFlags {
  readonly old: string;
  readonly name: string;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: RenameFlags): Promise<void> {
  const [old, name] = [parseAccountName(flags.old), parseAccountName(flags.name)];
  await renameAccount(context.services, old, name);
  if (flags.json) return context.terminal.data(jsonLine({ ...accountFields(name), renamed_from: old.label }));
  const [before, after] = [formatAccountName(old), formatAccountName(name)];
  if (before === after) return context.terminal.say(`It is called ${after} already: nothing is changed`);
  context.terminal.say(`Renamed ${before} to ${after}`, "good");
}
