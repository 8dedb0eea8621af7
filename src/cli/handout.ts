/**
 * The commands that hand tokens to other programs.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { commandWord } from "../command_word.ts";
import { collectVariable, parsePort, readDuration } from "../commands/flag_values.ts";
import type { Context } from "../commands/context.ts";

/** Arguments of keyfob, and what stands after `--` where that is a command to run. */
export interface SplitArguments {
  readonly words: readonly string[];
  readonly command?: readonly string[];
}

/** Splits `run … -- COMMAND` before anybody parses it: the command's flags are its own. */
export function splitArguments(argv: readonly string[]): SplitArguments {
  const isRun = commandWord(argv) === "run";
  const dashes = argv.indexOf("--");
  if (!isRun || dashes === -1) return { words: argv };
  return { words: argv.slice(0, dashes), command: argv.slice(dashes + 1) };
}

/** Adds the commands to the tree. `command` is what stands after `--`. */
export function addHandout(
  program: CommandUnknownOpts,
  context: Context,
  command: readonly string[] | undefined,
): void {
  addRun(program, context, command);
  const helper = program.command("helper").description("speak another program's credential protocol");
  addGit(helper, context);
  addDocker(helper, context);
  addKubectl(helper, context);
  addAws(helper, context);
  addSasl(helper, context);
}

function addRun(program: CommandUnknownOpts, context: Context, command: readonly string[] | undefined): void {
  program
    .command("run")
    .description("run a command with fresh tokens in its environment")
    .usage("[options] ACCOUNT... -- COMMAND [ARGUMENT...]")
    .argument("[accounts...]", "PROVIDER or PROVIDER/LABEL; the registry names each one's variables")
    .option(
      "--env <name=account>",
      "put the token of an account into a variable; repeatable",
      collectVariable,
    )
    .option(
      "--serve",
      "no token in the environment, but KEYFOB_TOKEN_URL and KEYFOB_TOKEN_SECRET: a loopback address that gives a fresh one each time",
    )
    .option("--json", "write keyfob's own failures as JSON")
    .action(async (accounts, given) => {
      const { env = {}, serve = false } = given;
      await (await import("../commands/run.ts")).run(context, { accounts, env, serve, command });
    });
}

function addGit(helper: CommandUnknownOpts, context: Context): void {
  helper
    .command("git")
    .description("git's credential protocol: git config credential.helper '!keyfob helper git'")
    .argument("<operation>", "get, store or erase; git appends it")
    .option("--account <account>", "the only account that may answer")
    .option("--json", "as a JSON object")
    .action(async (operation, { account, json }) => {
      await (await import("../commands/helper.ts")).git(context, { operation, account, json: json === true });
    });
}

function addDocker(helper: CommandUnknownOpts, context: Context): void {
  helper
    .command("docker <operation>")
    .description("docker's, which appends get, store, erase or list: from a program docker-credential-keyfob")
    .option("--account <account>", "the only account that may answer")
    .option("--json", "the same: docker's protocol is JSON")
    .action(async (operation, { account, json }) => {
      await (
        await import("../commands/helper.ts")
      ).docker(context, { operation, account, json: json === true });
    });
}

function addKubectl(helper: CommandUnknownOpts, context: Context): void {
  helper
    .command("kubectl")
    .description("kubectl's: an ExecCredential with the token")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--id-token", "the id_token in place of the access token")
    .option("--json", "the same: kubectl's protocol is JSON")
    .action(async (account, { idToken }) => {
      await (
        await import("../commands/helper.ts")
      ).kubectl(context, { account, wantsIdToken: idToken === true });
    });
}

function addAws(helper: CommandUnknownOpts, context: Context): void {
  helper
    .command("aws")
    .description("AWS's credential_process: the id_token changed for a role's credentials")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .requiredOption("--role-arn <arn>", "role to take on (AssumeRoleWithWebIdentity)")
    .option("--region <region>", "region whose token service to ask; the global one where left out")
    .option("--endpoint <url>", "address of another token service")
    .option("--session-name <name>", "name in the role's logs (default: the account's)")
    .option("--duration <duration>", "how long the credentials live (default: the role's)", readDuration)
    .option("--access-token", "send the access token in place of the id_token")
    .option("--json", "the same: the protocol is JSON")
    .action(async (account, { roleArn, region, endpoint, sessionName, duration, accessToken }) => {
      const durationSeconds = duration?.seconds;
      const wantsAccessToken = accessToken === true;
      const asked = { account, roleArn, region, endpoint, sessionName, durationSeconds, wantsAccessToken };
      await (await import("../commands/helper.ts")).aws(context, asked);
    });
}

function addSasl(helper: CommandUnknownOpts, context: Context): void {
  helper
    .command("xoauth2")
    .description("mail: the XOAUTH2 initial response in base64")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--user <user>", "mail user (default: the person's address)")
    .option("--json", "as a JSON object")
    .action(async (account, { user, json }) => {
      const flags = { mechanism: "XOAUTH2" as const, account, user, json: json === true };
      await (await import("../commands/helper.ts")).sasl(context, flags);
    });
  helper
    .command("oauthbearer")
    .description("mail: the OAUTHBEARER initial response in base64 (RFC 7628)")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--user <user>", "mail user (default: the person's address)")
    .option("--host <host>", "mail server, where it wants to be named")
    .option("--port <port>", "its port", parsePort)
    .option("--json", "as a JSON object")
    .action(async (account, { user, host, port, json }) => {
      const flags = { mechanism: "OAUTHBEARER" as const, account, user, host, port, json: json === true };
      await (await import("../commands/helper.ts")).sasl(context, flags);
    });
}
