/**
 * The command tree: names, flags and help; each action is loaded when it is chosen.
 *
 * @module
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { CommanderError } from "commander";
import type { Context } from "../commands/context.ts";
import { helpColumns } from "../commands/help_layout.ts";
import { jsonLine } from "../commands/json.ts";
import { BUILD, VERSION } from "../version.ts";
import { addAccounts } from "./accounts.ts";
import { addHandout, splitArguments } from "./handout.ts";
import { addHelp, addNote, layHelp } from "./help.ts";
import { addLogin, withAnswerLast } from "./login.ts";
import { misunderstanding, unknownCommand } from "./misunderstanding.ts";
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
  configure(program, { printed, columns: helpColumns(context.terminal) });
  try {
    await program.parseAsync([...withAnswerLast(words)], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0) throw misunderstanding(thrown, program, words);
    const text = printed.join("");
    await context.terminal.data(words.includes("--json") ? jsonLine(documentOf(thrown, text)) : text);
  }
}

/** `--version` and help for programs. */
function documentOf({ code }: CommanderError, text: string): object {
  return code === "commander.version" ? BUILD : { help: text };
}

/** Where help is collected, and how wide it may be. */
interface Page {
  readonly printed: string[];
  readonly columns: number;
}

function configure(command: CommandUnknownOpts, page: Page): void {
  command
    .exitOverride()
    .enablePositionalOptions()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void page.printed.push(text),
      writeErr: () => {},
      getOutHelpWidth: () => page.columns,
    });
  layHelp(command, page.columns);
  for (const child of command.commands) configure(understandCommon(child.allowExcessArguments(false)), page);
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

function buildProgram(context: Context, command: readonly string[] | undefined) {
  const program = new Command("keyfob")
    .description("OAuth login for bots and command-line programs")
    .version(VERSION, "-V, --version", "print the version")
    .option("--json", "write JSON only")
    .hook("preAction", inheritJson)
    .argument("[command]")
    .allowExcessArguments()
    .usage("[options] [command]")
    .action(async (word) => {
      if (word !== undefined) throw unknownCommand(word, program);
      await (await import("../commands/start.ts")).run(context, program.helpInformation());
    });
  addNote(program, context, EXAMPLES);
  addLogin(program, context);
  addAccounts(program, context);
  addVault(program, context);
  addProviders(program, context);
  addHandout(program, context, command);
  addShipping(program, context);
  addHelp(program);
  return program;
}

const EXAMPLES = `
An account is PROVIDER or PROVIDER/LABEL, such as google or google/work.

  keyfob login openai         log in, on any machine
  keyfob token openai         print a fresh access token
  curl -H @<(keyfob token openai --header) https://api.example.com/
  keyfob login google --begin  start a login and finish it later: keyfob finish < answer

Exit status: 0 done, 1 failed, 2 wrong usage, 3 try again, 4 login needed, 5 refused, 124 timed out, 130 interrupted.`;
