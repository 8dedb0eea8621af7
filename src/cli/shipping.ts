/**
 * The commands about the program itself: what it can do here, upgrades, completions, the man page.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { describeTree } from "./tree.ts";
import type { Context } from "../commands/context.ts";

/** Adds the commands to the tree. */
export function addShipping(program: CommandUnknownOpts, context: Context): void {
  addDoctor(program, context);
  addUpgrade(program, context);
  addTexts(program, context);
}

function addDoctor(program: CommandUnknownOpts, context: Context): void {
  program
    .command("doctor")
    .description("say what works on this machine, what does not, and the fix for each")
    .argument(
      "[account]",
      "look at this PROVIDER, or that of this PROVIDER/LABEL; where left out, at those that are ready",
    )
    .option("--json", "as a JSON object")
    .action(async (provider, given) => {
      await (await import("../commands/doctor.ts")).run(context, { provider, json: given.json === true });
    });
}

function addUpgrade(program: CommandUnknownOpts, context: Context): void {
  program
    .command("upgrade")
    .description("replace this program by the newest release, after checking its signature")
    .option("--check", "only say whether a newer one is there")
    .option("--rollback", "go back to the version before the last upgrade, without network")
    .option("--json", "write JSON only")
    .action(async (given) => {
      const flags = {
        check: given.check === true,
        rollback: given.rollback === true,
        json: given.json === true,
      };
      await (await import("../commands/upgrade.ts")).run(context, flags);
    });
}

/** What is made from the tree itself. */
function addTexts(program: CommandUnknownOpts, context: Context): void {
  program
    .command("completions")
    .description("print the completion script of a shell: bash, zsh, fish or powershell")
    .argument("<shell>", "source <(keyfob completions bash)")
    .option("--json", "as a JSON object")
    .action(async (shell, given) => {
      await (await import("../commands/completions.ts")).run(context, { shell, json: given.json === true });
    });
  program
    .command("complete", { hidden: true })
    .description("print what the last word may become")
    .argument("[words...]")
    .option("--next", "an empty word follows the last one")
    .option("--json", "the same")
    .action(async (words, given) => {
      const line = given.next === true || words.length === 0 ? [...words, ""] : words;
      await (await import("../commands/complete.ts")).run(context, describeTree(program), line);
    });
  program
    .command("manual")
    .description("print the man page: keyfob manual | man -l -")
    .option("--json", "as a JSON object")
    .action(async (given) => {
      const flags = { json: given.json === true };
      await (await import("../commands/manual.ts")).run(context, describeTree(program), flags);
    });
}
