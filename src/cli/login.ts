/**
 * The commands that log in: at once, or begun now and finished later.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { commandWord } from "../command_word.ts";
import type { Context } from "../commands/context.ts";
import { parseAuthorityFile, parseSecretFile } from "../commands/flag_files.ts";
import {
  collect,
  collectPair,
  parseBindAddress,
  parseClientId,
  parseFormat,
  parseMethod,
  parsePort,
  parseRedirectUri,
  readDuration,
} from "../commands/flag_values.ts";
import { DEFAULT_LOGIN_FLAGS, type LoginFlags, METHODS } from "../commands/login_flags.ts";

/** Adds the commands to the tree. */
export function addLogin(program: CommandUnknownOpts, context: Context): void {
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
    .option(
      "--client-secret-file <file>",
      "file with the client's secret, or the JSON file the provider offers; refreshes read it again",
      parseSecretFile,
    )
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
    .option(
      "--timeout <duration>",
      "how long the login may take, up to its answer (default: 5m)",
      readDuration,
    )
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
      await (await import("../commands/login.ts")).run(context, flags);
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
        await import("../commands/finish.ts")
      ).run(context, { answer, state, format, json: given.json === true });
    });
}

/** Options of `finish` whose value is the next word. */
const VALUED: ReadonlySet<string | undefined> = new Set(["--state", "--format"]);

/**
 * The words of `finish` with an answer that begins with a dash, as one code in sixty-four does, put where it is not
 * taken for an option.
 */
export function withAnswerLast(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word, index) => isDashedAnswer(word) && !VALUED.has(words[index - 1]));
  if (commandWord(words) !== "finish" || at === -1 || words.includes("--")) return words;
  return [...words.toSpliced(at, 1), "--", ...words.slice(at, at + 1)];
}

/** No short option of ours is longer than a letter, and no long one holds what stands before a state. */
function isDashedAnswer(word: string): boolean {
  return /^-[^-]./.test(word) || /^--[^#=]*#/.test(word);
}
