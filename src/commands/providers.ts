/**
 * `keyfob providers`: looks into the registry.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { checkFile, jsonSchema, redacted, type RegistryProblem } from "../registry/registry.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";
import { table } from "./table.ts";

/** `providers list [SEARCH]`. */
export async function list(
  context: Context,
  flags: { search?: string | undefined; json: boolean },
): Promise<void> {
  const registry = await context.services.registry();
  const wanted = flags.search?.toLowerCase() ?? "";
  const found = registry
    .list()
    .filter(({ id, name }) => id.includes(wanted) || name.toLowerCase().includes(wanted));
  if (flags.json) {
    const documents = found.map(({ id, name, layer, tier, ready }) => ({ id, name, layer, tier, ready }));
    return context.terminal.data(jsonLine(documents));
  }
  if (found.length === 0) return context.terminal.say(`No provider matches "${flags.search}"`);
  const rows = found.map(({ id, name, layer, tier, ready }) => [
    id,
    name,
    layer,
    tier,
    ready ? "ready" : "needs a client",
  ]);
  await context.terminal.data(table(["ID", "NAME", "FROM", "FACTS", "CLIENT"], rows));
  sayProblems(context, registry.problems);
}

/** `providers show ID`. */
export async function show(
  context: Context,
  flags: { id: string; set?: Readonly<Record<string, string>> | undefined; json: boolean },
): Promise<void> {
  const registry = await context.services.registry();
  const provider = registry.preview(flags.id, flags.set === undefined ? {} : { set: flags.set });
  const shown = redacted(provider);
  await context.terminal.data(flags.json ? jsonLine(shown) : `${JSON.stringify(shown, null, 2)}\n`);
}

/** `providers check [FILE]`: fails where anything is wrong. */
export async function check(
  context: Context,
  flags: { file?: string | undefined; json: boolean },
): Promise<void> {
  const problems =
    flags.file === undefined ? (await context.services.registry()).problems : await checkFile(flags.file);
  if (problems.length > 0) {
    if (!flags.json) sayProblems(context, problems);
    throw new ConfigurationError(
      `The registry has ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
      {
        code: "registry_problems",
        hint: "each problem says where it is and what would be right",
        details: { problems },
      },
    );
  }
  if (flags.json) await context.terminal.data(jsonLine([]));
  else context.terminal.say("Nothing is wrong", "good");
}

/** `providers schema`. */
export async function schema(context: Context): Promise<void> {
  await context.terminal.data(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
}

/** `providers path`. */
export async function path({ terminal, paths }: Context, flags: { json: boolean }): Promise<void> {
  const { registryFile } = paths;
  await terminal.data(flags.json ? jsonLine({ path: registryFile }) : `${registryFile}\n`);
}

function sayProblems({ terminal }: Context, problems: readonly RegistryProblem[]): void {
  for (const problem of problems) {
    terminal.say(
      `${problem.file}:${problem.line}:${problem.column}: ${problem.pointer}: ${problem.message}`,
      "warning",
    );
    if (problem.hint !== undefined) terminal.say(`  hint: ${problem.hint}`);
  }
}
