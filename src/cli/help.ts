/**
 * Help in our own layout, and the command that shows it.
 *
 * @module
 */
import { type CommandUnknownOpts, Help } from "@commander-js/extra-typings";
import type { Context } from "../commands/context.ts";
import { fitted, layItem, layNote, helpColumns, termColumns } from "../commands/help_layout.ts";
import { unknownCommand } from "./misunderstanding.ts";

/** What commander puts before the usage. */
const USAGE = "Usage: ";

/** Makes `command` show its help in `columns`. */
export function layHelp(command: CommandUnknownOpts, columns: number): void {
  const room = columns - USAGE.length;
  command.configureHelp({
    boxWrap: fitted,
    padWidth: (one, helper) => termColumns(Help.prototype.padWidth.call(helper, one, helper)),
    formatItem: (term, termWidth, description) => layItem({ term, description }, termWidth, columns),
    styleUsage: (usage) => fitted(usage, room).replaceAll("\n", `\n${" ".repeat(USAGE.length)}`),
  });
}

/** What stands below the help of commands, for the man page. */
const NOTES = new WeakMap<object, string>();

/** Puts `text` below the help of `command`: paragraphs, and indented examples. */
export function addNote<Noted extends CommandUnknownOpts>(
  command: Noted,
  { terminal }: Context,
  text: string,
): Noted {
  NOTES.set(command, text);
  command.addHelpText("after", () => layNote(text, helpColumns(terminal)));
  return command;
}

/** What stands below the help of `command`; empty where nothing does. */
export function noteOf(command: CommandUnknownOpts): string {
  return NOTES.get(command) ?? "";
}

/** Adds the command to the tree. */
export function addHelp(program: CommandUnknownOpts): void {
  program
    .command("help")
    .description("show the help of a command, as --help does")
    .argument("[command...]", "such as login, or providers add")
    .option("--json", "as a JSON object")
    .action((words) => named(program, words).help());
}

/** @throws {UsageError} `unknown_command` */
function named(program: CommandUnknownOpts, words: readonly string[]): CommandUnknownOpts {
  return words.reduce((command, word) => {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) throw unknownCommand(word, command);
    return child;
  }, program);
}
