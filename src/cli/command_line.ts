/**
 * The command tree: names, flags and help; each action is loaded when it is chosen.
 *
 * @module
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { CommanderError } from "commander";
import type { Context } from "../commands/context.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { BUILD, VERSION } from "../version.ts";
import { addAccounts } from "./accounts.ts";
import { addHandout, splitArguments } from "./handout.ts";
import { addLogin, withAnswerLast } from "./login.ts";
import { addProviders } from "./providers.ts";
import { addShipping } from "./shipping.ts";
import { addVault } from "./vault.ts";

/**
 * Parses `argv` (without program names) and runs the chosen command.
 *
 * @throws {UsageError} for anything on the command line that is not understood
 * @throws whatever the command throws
 */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<void> {
  const printed: string[] = [];
  const { words, command } = splitArguments(argv);
  const program = buildProgram(context, command);
  configure(program, printed);
  try {
    await program.parseAsync([...withAnswerLast(words)], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0) throw fromCommander(thrown);
    const isVersion = thrown.code === "commander.version" && argv.includes("--json");
    await context.terminal.data(isVersion ? `${JSON.stringify(BUILD)}\n` : printed.join(""));
  }
}

function configure(command: CommandUnknownOpts, printed: string[]): void {
  command
    .exitOverride()
    .enablePositionalOptions()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void printed.push(text),
      writeErr: () => {},
      getOutHelpWidth: () => 100,
    });
  for (const child of command.commands)
    configure(understandCommon(child.allowExcessArguments(false)), printed);
}

/** What works everywhere, said in the help where it says something: `--version`, and `--json` for what comes below. */
function understandCommon(command: CommandUnknownOpts): CommandUnknownOpts {
  command.version(VERSION).options.at(-1)?.hideHelp();
  const knowsJson = command.options.some(({ long }) => long === "--json");
  return knowsJson ? command : command.addOption(new Option("--json").hideHelp());
}

/** `--json` before a command counts as much as after it. */
function inheritJson(_program: CommandUnknownOpts, command: CommandUnknownOpts): void {
  if (command.optsWithGlobals()["json"] === true) command.setOptionValue("json", true);
}

function fromCommander(error: CommanderError): UsageError {
  if (error.code === "commander.help") {
    return new UsageError("Cannot understand the command line: a command is missing", {
      code: "missing_command",
      hint: "add --help to see the commands",
    });
  }
  const [said = "", guess] = error.message.replace(/^error: /, "").split("\n");
  const message = `Cannot understand the command line: ${withoutValues(said)}`;
  const hint = guess?.replace(/^\(Did (.*)\)$/, "did $1") ?? "add --help to see what is understood";
  return new UsageError(message, {
    code: error.code.replace("commander.", "").replaceAll(/([A-Z])/g, (letter) => `_${letter.toLowerCase()}`),
    hint,
  });
}

/** What stood on the command line may be a code or a secret: messages name flags and counts, never values. */
function withoutValues(said: string): string {
  return said
    .replace(/(but got \d+).*$/s, "$1")
    .replace(/(option '-[^'=]*)=[^']*'/s, "$1'")
    .replace(/\.$/, "");
}

function buildProgram(context: Context, command: readonly string[] | undefined) {
  const program = new Command("keyfob")
    .description("OAuth login for bots and command-line programs")
    .version(VERSION, "-V, --version", "print the version")
    .option("--json", "write JSON only")
    .addHelpText("after", EXAMPLES)
    .hook("preAction", inheritJson)
    .argument("[command]")
    .allowExcessArguments()
    .usage("[options] [command]")
    .action(async (word) => {
      if (word !== undefined) throw unknownCommand(word, program);
      await (await import("../commands/start.ts")).run(context, program.helpInformation());
    });
  addLogin(program, context);
  addAccounts(program, context);
  addVault(program, context);
  addProviders(program, context);
  addHandout(program, context, command);
  addShipping(program, context, EXAMPLES);
  return program;
}

function unknownCommand(word: string, program: CommandUnknownOpts): UsageError {
  const guess = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return new UsageError(`Cannot understand the command line: there is no command "${word}"`, {
    code: "unknown_command",
    hint: guess === undefined ? "keyfob --help lists the commands" : `did you mean keyfob ${guess}?`,
  });
}

const EXAMPLES = `
An account is PROVIDER or PROVIDER/LABEL, such as google or google/work.

  keyfob login openai                     log in, on any machine
  keyfob token openai                     print a fresh access token
  curl -H @<(keyfob token openai --header) https://api.example.com/
  keyfob login google --begin             start a login and finish it later: keyfob finish < answer

Exit status: 0 done, 1 failed, 2 wrong usage, 3 try again, 4 login needed, 5 refused, 124 timed out, 130 interrupted.`;
