/**
 * The commands that manage the vault: names of accounts, moving them, keys and stores.
 *
 * @module
 */
import { Argument, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { Context } from "../commands/context.ts";
import { addNote } from "./help.ts";

/** Adds the commands to the tree. */
export function addVault(program: CommandUnknownOpts, context: Context): void {
  addNames(program, context);
  addMoves(program, context);
  addKeys(program, context);
  addStore(program, context);
}

function addNames(program: CommandUnknownOpts, context: Context): void {
  program
    .command("rename")
    .description("give an account another label; its login stays as it is")
    .argument("<old>", "PROVIDER or PROVIDER/LABEL")
    .argument("<new>", "the new name, with the same provider")
    .option("--json", "write JSON only")
    .action(async (old, name, given) => {
      await (await import("../commands/rename.ts")).run(context, { old, name, json: given.json === true });
    });
}

const EXPORT_NOTE = `
A login lives in one place: copied refresh tokens die at the first rotation. So
the account stays here, unused, until you show the receipt of its import.

What its refreshes need goes along, sealed: the secret of its client, and the
certificates of --ca, which are trusted there for this account alone. What does
not go along is said first: a secret that a command gives, or that is not set
here. The provider must be in the registry there; import shows its entry where
it is not, and takes nothing in before it is.

  vps$     keyfob key show
  laptop$  keyfob export google --to age1… | ssh vps keyfob import
  laptop$  keyfob export google --confirm RECEIPT`;

const IMPORT_NOTE = `
It is taken in only once everything that its refreshes need is here. What is
missing is said, and the same text can be imported when it is there. Certificate
authorities that come along are shown by their fingerprints, and trusted for
this account alone. Imported again, it changes nothing and prints its receipt
again.

  laptop$  keyfob export google --to age1… | ssh vps keyfob import`;

function addMoves(program: CommandUnknownOpts, context: Context): void {
  const exporting = program
    .command("export")
    .description("send an account to another machine, sealed to its key (keyfob key show prints it there)")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--to <key>", "print the account, sealed to this key; it is not refreshed here any more")
    .option("--confirm <receipt>", "forget the account here: keyfob import printed this receipt there")
    .option("--cancel", "use the account here again; only where it was never imported")
    .option(
      "--keep",
      "go on using it here too; a refresh token that rotates dies in one place at the first refresh in the other",
    )
    .option("--json", "write JSON only")
    .action(async (account, given) => {
      const { to, confirm } = given;
      const flags = { account, to, confirm, keep: given.keep === true, cancel: given.cancel === true };
      await (await import("../commands/export.ts")).run(context, { ...flags, json: given.json === true });
    });
  addNote(exporting, context, EXPORT_NOTE);
  const importing = program
    .command("import")
    .description("take in an account from standard input that another machine exported; prints its receipt")
    .option("--as <label>", "give it another label")
    .option("--json", "write JSON only")
    .action(async (given) => {
      await (await import("../commands/import.ts")).run(context, { as: given.as, json: given.json === true });
    });
  addNote(importing, context, IMPORT_NOTE);
}

function addKeys(program: CommandUnknownOpts, context: Context): void {
  program
    .command("key")
    .description("the vault's public key")
    .command("show")
    .description("print the public key that other machines export accounts to")
    .option("--json", "as a JSON object")
    .action(async (given) => {
      await (await import("../commands/key.ts")).show(context, { json: given.json === true });
    });
  program
    .command("rekey")
    .description("give the vault a new key and seal everything anew")
    .addOption(
      new Option("--to <place>", "where the new key is to be").choices(["file", "keychain"] as const),
    )
    .option(
      "--key-file <file>",
      "key file of your own, made where it is absent; give it as KEYFOB_KEY_FILE later",
    )
    .option("--json", "as a JSON object")
    .action(async (given) => {
      const { to, keyFile } = given;
      await (await import("../commands/key.ts")).rekey(context, { to, keyFile, json: given.json === true });
    });
}

const STORES = ["file", "postgres"] as const;

const COPY_NOTE = `
The old store keeps what it has, but does not refresh it any more: a login lives in one place.

  KEYFOB_STORE=postgres://me@db/keyfob KEYFOB_KEY_FILE=/etc/keyfob.key keyfob store copy file postgres`;

function addStore(program: CommandUnknownOpts, context: Context): void {
  const copying = program
    .command("store")
    .description("where logins are kept: a file, or the PostgreSQL database that KEYFOB_STORE names")
    .command("copy")
    .description("move every login from one store to the other")
    .addArgument(new Argument("<from>", "the store to read").choices(STORES))
    .addArgument(new Argument("<to>", "the store to write").choices(STORES))
    .option("--keep", "go on using the old store too; refresh tokens that rotate die in one of them")
    .option("--json", "as a JSON object")
    .action(async (from, to, given) => {
      const flags = { from, to, keep: given.keep === true, json: given.json === true };
      await (await import("../commands/store.ts")).copy(context, flags);
    });
  addNote(copying, context, COPY_NOTE);
}
