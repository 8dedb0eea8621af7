/**
 * `keyfob import`: takes in an account that another machine exported.
 *
 * @module
 */
import { importAccount } from "../accounts/import_account.ts";
import { UsageError } from "../errors.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";

/** Bytes an exported account may have; those with many scopes and an id_token have some ten thousand. */
const LONGEST_PARCEL = 1_048_576;

/** Parsed flags of `keyfob import`. */
export interface ImportFlags {
  /** Another label than the account had. */
  readonly as?: string | undefined;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: ImportFlags): Promise<void> {
  const { terminal, services } = context;
  const label = flags.as === undefined ? undefined : parseAccountName(`x/${flags.as}`).label;
  if (terminal.interactive) terminal.say("Paste what keyfob export printed, then end with ctrl-D:");
  const text = await terminal.readAll(LONGEST_PARCEL, context.signal);
  if (text.trim() === "") throw nothingThere();
  const imported = await importAccount(services, text, label);
  const { name, receipt, nameThere } = imported;
  if (flags.json) {
    const document = { ...accountFields(name), display: imported.display, receipt: receipt ?? null };
    return terminal.data(jsonLine(document));
  }
  terminal.say(`Imported ${formatAccountName(name)}: ${imported.display ?? "a login"}`, "good");
  if (!imported.isProviderKnown) {
    terminal.say(
      `Its provider "${name.provider}" is not in the registry here: keyfob providers add`,
      "warning",
    );
  }
  if (receipt === undefined) return;
  terminal.say(
    `The receipt, for the other machine: keyfob export ${formatAccountName(nameThere)} --confirm …`,
  );
  await terminal.data(`${receipt}\n`);
}

function nothingThere(): UsageError {
  return new UsageError("Cannot import: standard input is empty", {
    code: "nothing_to_import",
    hint: "keyfob import < FILE, with what keyfob export printed",
  });
}
