/**
 * The command tree: names, flags and help; each action is loaded when it is chosen.
 *
 * @module
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { CommanderError } from "commander";
import type { Context } from "./commands/context.ts";
import { DEFAULT_LOGIN_FLAGS, type LoginFlags, METHODS } from "./commands/login_flags.ts";
import { parseDuration } from "./duration.ts";
import { UsageError } from "./errors.ts";
import {
  collect,
  collectPair,
  parseClientId,
  parseFormat,
  parseMethod,
  parseBindAddress,
  parsePort,
  parseRedirectUri,
  readDuration,
} from "./commands/flag_values.ts";
import { parseAuthorityFile, parseSecretFile } from "./commands/flag_files.ts";
import { nearest } from "./nearest.ts";
import { BUILD, VERSION } from "./version.ts";
import { addProviders } from "./cli_providers.ts";
import { addShipping } from "./cli_shipping.ts";
import { addHandout, splitArguments } from "./cli_handout.ts";
import { addVault } from "./cli_vault.ts";

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
    await program.parseAsync([...words], { from: "user" });
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
      await (await import("./commands/start.ts")).run(context, program.helpInformation());
    });
  addLogin(program, context);
  addTokens(program, context);
  addAccounts(program, context);
  addVault(program, context);
  addProviders(program, context);
  addHandout(program, context, command);
  addDoctor(program, context);
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

function addLogin(program: CommandUnknownOpts, context: Context): void {
  program
    .command("login")
    .description("log in; asks for the provider where none is named")
    .argument("[account]", "PROVIDER or PROVIDER/LABEL")
    .option("--method <method>", `how to receive the answer: ${METHODS.join(", ")}`, parseMethod, "auto")
    .option("--no-browser", "never open a browser; print the address")
    .option("--begin", "start a login, print it as JSON and exit; keyfob finish completes it")
    .option("--scope <scope>", "scope to ask for; repeatable, replaces the registry's", collect)
    .option("--set <name=value>", "value of a variable of the provider; repeatable", collectPair)
    .option("--client-id <id>", "client to log in with", parseClientId)
    .option("--client-secret-file <file>", "file that holds the client's secret", parseSecretFile)
    .option(
      "--redirect-uri <uri>",
      "registered address that forwards here or shows the answer",
      parseRedirectUri,
    )
    .option("--port <port>", "port to listen on", parsePort)
    .option(
      "--bind <address>",
      "address to listen on besides loopback; anybody who reaches it may try to answer",
      parseBindAddress,
    )
    .option("--ca <file>", "PEM file of a certificate authority to trust", parseAuthorityFile)
    .option("--switch", "let another person than before take the account over")
    .option("--timeout <duration>", "how long to wait for the answer (default: 5m)", readDuration)
    .option("--if-needed", "do nothing where a token can be had")
    .option("--json", "write one JSON object a line: authorize, then done or error")
    .option("--format <format>", "print the login in a program's format when done: config", parseFormat)
    .action(async (account, given) => {
      const flags: LoginFlags = {
        account,
        method: given.method,
        mayOpenBrowser: given.browser,
        begin: given.begin === true,
        scopes: given.scope,
        set: given.set,
        clientId: given.clientId,
        clientSecretFile: given.clientSecretFile,
        redirectUri: given.redirectUri,
        port: given.port,
        bind: given.bind,
        caFile: given.ca,
        maySwitchPerson: given.switch === true,
        timeoutSeconds: given.timeout?.seconds ?? DEFAULT_LOGIN_FLAGS.timeoutSeconds,
        isTimeoutGiven: given.timeout !== undefined,
        patience: given.timeout?.text ?? DEFAULT_LOGIN_FLAGS.patience,
        ifNeeded: given.ifNeeded === true,
        json: given.json === true,
        format: given.format,
      };
      await (await import("./commands/login.ts")).run(context, flags);
    });
  program
    .command("finish")
    .description("complete a begun login from the pasted answer on standard input")
    .argument(
      "[answer]",
      "the answer; as an argument every user of this machine can see it (ps), so prefer standard input",
    )
    .option("--state <state>", "which begun login a bare code belongs to")
    .option("--json", "write JSON only")
    .option("--format <format>", "print the login in a program's format when done: config", parseFormat)
    .action(async (answer, given) => {
      const { state, format } = given;
      await (
        await import("./commands/finish.ts")
      ).run(context, { answer, state, format, json: given.json === true });
    });
}

function addTokens(program: CommandUnknownOpts, context: Context): void {
  program
    .command("token")
    .description("print a fresh access token and nothing else")
    .argument("[account]", "PROVIDER or PROVIDER/LABEL; the default or only account where left out")
    .option("--min-valid <duration>", "how long the token must still work (default: 60s)", parseDuration)
    .option("--json", "as a JSON object")
    .option("--header", "as an HTTP header: curl -H @<(keyfob token X --header)")
    .option("--format <format>", "in a program's format: config", parseFormat)
    .option("--copy", "to the clipboard of this terminal (OSC 52), printing nothing")
    .action(async (account, given) => {
      const chosen = [
        given.json && "json",
        given.header && "header",
        given.format,
        given.copy && "copy",
      ] as const;
      const [format = "plain", other] = chosen.filter((value) => typeof value === "string");
      if (other !== undefined) {
        throw new UsageError(`Cannot print the token both ways: ${format} and ${other}`, {
          hint: "give one of them",
        });
      }
      await (
        await import("./commands/token.ts")
      ).run(context, { account, minValidSeconds: given.minValid, format });
    });
  program
    .command("refresh")
    .description("refresh an account now")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--json", "write JSON only")
    .action(async (account, given) => {
      await (await import("./commands/refresh.ts")).run(context, { account, json: given.json === true });
    });
}

function addAccounts(program: CommandUnknownOpts, context: Context): void {
  program
    .command("status")
    .description("show every account: who it is, when it expires, whether it can refresh")
    .argument("[account]", "PROVIDER or PROVIDER/LABEL")
    .option("--json", "as a JSON array")
    .action(async (account, given) => {
      await (await import("./commands/status.ts")).run(context, { account, json: given.json === true });
    });
  program
    .command("logout")
    .description("revoke an account at the provider where it can be, then forget it")
    .argument("[account]", "PROVIDER or PROVIDER/LABEL")
    .option("--local", "only forget it here")
    .option("--all", "every account")
    .option("--json", "as a JSON array")
    .action(async (account, given) => {
      const flags = {
        account,
        all: given.all === true,
        localOnly: given.local === true,
        json: given.json === true,
      };
      await (await import("./commands/logout.ts")).run(context, flags);
    });
}

function addDoctor(program: CommandUnknownOpts, context: Context): void {
  program
    .command("doctor")
    .description("say what works on this machine, what does not, and the fix for each")
    .argument("[provider]", "look at this provider; where left out, at those that are ready")
    .option("--json", "as a JSON object")
    .action(async (provider, given) => {
      await (await import("./commands/doctor.ts")).run(context, { provider, json: given.json === true });
    });
}
