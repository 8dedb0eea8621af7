/**
 * The commands for accounts that are logged in: their tokens, how they are, ending them.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../commands/context.ts";
import { parseFormat } from "../commands/flag_values.ts";
import { parseDuration } from "../duration.ts";
import { UsageError } from "../errors.ts";

/** Adds the commands to the tree. */
export function addAccounts(program: CommandUnknownOpts, context: Context): void {
  addTokens(program, context);
  addStates(program, context);
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
        await import("../commands/token.ts")
      ).run(context, { account, minValidSeconds: given.minValid, format });
    });
  program
    .command("refresh")
    .description("refresh an account now")
    .argument("<account>", "PROVIDER or PROVIDER/LABEL")
    .option("--json", "write JSON only")
    .action(async (account, given) => {
      await (await import("../commands/refresh.ts")).run(context, { account, json: given.json === true });
    });
}

function addStates(program: CommandUnknownOpts, context: Context): void {
  program
    .command("status")
    .description("show every account: who it is, when it expires, whether it can refresh")
    .argument("[account]", "PROVIDER or PROVIDER/LABEL")
    .option("--json", "as a JSON array")
    .action(async (account, given) => {
      await (await import("../commands/status.ts")).run(context, { account, json: given.json === true });
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
      await (await import("../commands/logout.ts")).run(context, flags);
    });
}
