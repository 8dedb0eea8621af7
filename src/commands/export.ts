/**
 * `keyfob export`: sends an account to another machine.
 *
 * @module
 */
import { cancelExport, confirmExport, exportAccount } from "../accounts/export_account.ts";
import { UsageError } from "../errors.ts";
import { type AccountName, formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";
import { sayCertificates } from "./said_certificates.ts";

/** Parsed flags of `keyfob export`. */
export interface ExportFlags {
  readonly account: string;
  readonly to?: string | undefined;
  readonly keep: boolean;
  readonly confirm?: string | undefined;
  readonly cancel: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: ExportFlags): Promise<void> {
  const name = parseAccountName(flags.account);
  const { to, confirm, cancel } = flags;
  if ([to !== undefined, confirm !== undefined, cancel].filter(Boolean).length !== 1) {
    throw new UsageError("Cannot tell what to do: give one of --to, --confirm and --cancel", {
      hint: "keyfob export ACCOUNT --to KEY; keyfob key show prints the KEY on the other machine",
    });
  }
  if (to !== undefined) return send(context, name, { ...flags, to });
  if (confirm !== undefined) {
    await confirmExport(context.services, name, confirm);
    return done(context, flags, name, { forgotten: true });
  }
  await cancelExport(context.services, name);
  return done(context, flags, name, { forgotten: false });
}

async function send(context: Context, name: AccountName, flags: ExportFlags & { to: string }): Promise<void> {
  const { terminal, services } = context;
  const exported = await exportAccount(services, name, { recipient: flags.to, keep: flags.keep });
  const { parcel, isCopy, bringsClientSecret, certificates } = exported;
  const along = { client_secret: bringsClientSecret, certificate_authorities: certificates };
  const document = { ...accountFields(name), parcel, kept: isCopy, ...along };
  await terminal.data(flags.json ? jsonLine(document) : `${parcel.trimEnd()}\n`);
  const account = formatAccountName(name);
  if (bringsClientSecret) terminal.say("The secret of its client goes along, sealed", "quiet");
  if (certificates.length > 0) {
    terminal.say("The certificate authorities that it trusts go along:", "quiet");
    sayCertificates(terminal, certificates);
  }
  if (isCopy) {
    terminal.say(
      `${account} stays here too. Where its refresh tokens rotate, the first refresh ends the other copy`,
      "warning",
    );
    return;
  }
  terminal.say(`On the other machine: keyfob import < this text. It prints a receipt`, "strong");
  terminal.say(`Until then ${account} stays here, but is not refreshed any more`);
  terminal.say(`  keyfob export ${account} --confirm RECEIPT  forgets it here`, "quiet");
  terminal.say(`  keyfob export ${account} --cancel           takes it back, if never imported`, "quiet");
}

async function done(
  { terminal }: Context,
  flags: ExportFlags,
  name: AccountName,
  { forgotten }: { readonly forgotten: boolean },
): Promise<void> {
  if (flags.json) return terminal.data(jsonLine({ ...accountFields(name), forgotten }));
  const account = formatAccountName(name);
  terminal.say(
    forgotten ? `${account} has moved: it is forgotten here` : `${account} is used here again`,
    "good",
  );
}
