/**
 * What is said where a command line is not understood.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { CommanderError } from "commander";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** Where the values of an argument can be looked up. */
const LISTS: Readonly<Record<string, string>> = {
  account: "keyfob status lists the accounts",
  old: "keyfob status lists the accounts",
  id: "keyfob providers list shows all",
};

/** The parser's `error` in our words; `words` are what it was given, and `program` the tree it has. */
export function misunderstanding(
  error: CommanderError,
  program: CommandUnknownOpts,
  words: readonly string[],
): UsageError {
  if (error.code === "commander.help") {
    return new UsageError("Cannot understand the command line: a command is missing", {
      code: "missing_command",
      hint: "add --help to see the commands",
    });
  }
  const [said = "", guess] = error.message.replace(/^error: /, "").split("\n");
  const message = `Cannot understand the command line: ${withoutValues(said)}`;
  return new UsageError(message, {
    code: error.code.replace("commander.", "").replaceAll(/([A-Z])/g, (letter) => `_${letter.toLowerCase()}`),
    hint: guess?.replace(/^\(Did (.*)\)$/, "did $1") ?? hintFor(error, commandOf(program, words)),
  });
}

/** That `parent` has no command `word`, with the nearest that it has. */
export function unknownCommand(word: string, parent: CommandUnknownOpts): UsageError {
  const path = pathOf(parent);
  const guess = nearest(
    word,
    parent.commands.map((command) => command.name()),
  );
  const help = parent.commands.length === 0 ? "says what it understands" : "lists the commands";
  const place = parent.commands.length === 0 ? `"${path}" has no commands` : `there is no command "${word}"`;
  return new UsageError(`Cannot understand the command line: ${place}`, {
    code: "unknown_command",
    hint: guess === undefined ? `${path} --help ${help}` : `did you mean ${path} ${guess}?`,
  });
}

/** What stood on the command line may be a code or a secret: messages name flags and counts, never values. */
function withoutValues(said: string): string {
  return said
    .replace(/(but got \d+).*$/s, "$1")
    .replace(/(option '-[^'=]*)=[^']*'/s, "$1'")
    .replace(/\.$/, "");
}

/** Where a value is missing: the whole command, and what lists such values. */
function hintFor({ code }: CommanderError, command: CommandUnknownOpts): string {
  if (code !== "commander.missingArgument") return "add --help to see what is understood";
  const values = command.registeredArguments.filter(({ required }) => required).map((value) => value.name());
  const whole = [pathOf(command), ...values.map((value) => value.toUpperCase())].join(" ");
  const list = values.flatMap((value) => LISTS[value] ?? []).at(0);
  return list === undefined ? whole : `${whole}; ${list}`;
}

/** The command that `words` begin with. */
function commandOf(program: CommandUnknownOpts, words: readonly string[]): CommandUnknownOpts {
  return words.reduce(
    (command, word) => command.commands.find((child) => child.name() === word) ?? command,
    program,
  );
}

/** `keyfob providers add`. */
function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
