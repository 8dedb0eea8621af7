/**
 * `keyfob import`: takes in an account that another machine exported.
 *
 * @module
 */
import { join } from "node:path";
import { importAccount, type Imported } from "../accounts/import_account.ts";
import { KeyfobError, UsageError } from "../errors.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";
import { sayCertificates } from "./said_certificates.ts";
import { sayWrapped } from "./wrapped_text.ts";

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
  if (terminal.interactive) sayWrapped(terminal, "Paste what keyfob export printed, then end with ctrl-D:");
  const text = await terminal.readAll(LONGEST_PARCEL, context.signal);
  if (text.trim() === "") throw nothingThere();
  const howToAdd = (provider: string): string => howToAddEntry(context, provider);
  const imported = await importAccount(services, text, { label, howToAdd }).catch((failure: unknown) => {
    if (!flags.json) sayEntry(context, failure);
    throw failure;
  });
  const { name, receipt, nameThere, wasHere, clientSecret, certificates } = imported;
  if (flags.json) {
    const came = { client_secret: clientSecret, certificate_authorities: certificates };
    const document = {
      ...accountFields(name),
      display: imported.display,
      receipt: receipt ?? null,
      was_here: wasHere,
      ...came,
    };
    return terminal.data(jsonLine(document));
  }
  if (wasHere)
    sayWrapped(terminal, `This was imported before, as ${formatAccountName(name)}: nothing is changed`);
  else sayImported(terminal, imported);
  if (receipt === undefined) return;
  sayWrapped(
    terminal,
    `The receipt, for the other machine: keyfob export ${formatAccountName(nameThere)} --confirm …`,
  );
  await terminal.data(`${receipt}\n`);
}

function sayImported(
  terminal: Context["terminal"],
  { name, display, clientSecret, certificates }: Imported,
): void {
  sayWrapped(terminal, `Imported ${formatAccountName(name)}: ${display ?? "a login"}`, "good");
  if (clientSecret === "sent") sayWrapped(terminal, "It brought the secret of its client, sealed with it");
  if (certificates.length === 0) return;
  sayWrapped(
    terminal,
    "It brought certificate authorities. They are trusted for this account alone:",
    "warning",
  );
  sayCertificates(terminal, certificates);
}

/** A folder of files takes the entry as it is; a file that the person named has others in it. */
function howToAddEntry({ paths }: Context, provider: string): string {
  const { registryFile, registryFolder } = paths;
  return registryFolder === undefined
    ? `add that entry to "${registryFile}"`
    : `save that entry as "${join(registryFolder, `${provider}.json`)}" (make the folder where it is missing)`;
}

/** Shows the entry that the sender has and this machine lacks, as a file that can be saved. */
function sayEntry({ terminal }: Context, failure: unknown): void {
  const providers = failure instanceof KeyfobError ? failure.details["providers"] : undefined;
  if (typeof providers !== "object" || providers === null || Object.keys(providers).length === 0) return;
  sayWrapped(terminal, "The entry of the other machine, without its client secret:");
  terminal.say(JSON.stringify({ providers }, null, 2));
}

function nothingThere(): UsageError {
  return new UsageError("Cannot import: standard input is empty", {
    code: "nothing_to_import",
    hint: "keyfob import < FILE, with what keyfob export printed",
  });
}
