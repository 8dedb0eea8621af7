/**
 * `keyfob providers`: looks into the registry.
 *
 * @module
 */
import { listProviders } from "../accounts/provider_list.ts";
import { nearest } from "../nearest.ts";
import { jsonSchema, type ProviderSummary, redacted } from "../registry/registry.ts";
import { search } from "../search.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";
import { sayProblems } from "./providers_check.ts";
import { table } from "./table.ts";

const HEADING = ["ID", "NAME", "FROM", "FACTS", "CLIENT"];

/** `providers list [SEARCH]`: in a terminal as wide as that, elsewhere one line for each. */
export async function list(
  context: Context,
  flags: { search?: string | undefined; json: boolean },
): Promise<void> {
  const all = await listProviders(context.services);
  const found = search(all, flags.search ?? "");
  if (flags.json) {
    const documents = found.map(({ id, name, layer, tier, ready }) => ({ id, name, layer, tier, ready }));
    return context.terminal.data(jsonLine(documents));
  }
  if (found.length === 0) return sayNoMatch(context, all, flags.search ?? "");
  const rows = found.map((summary) => [
    summary.id,
    summary.name,
    summary.layer,
    summary.tier,
    clientText(summary),
  ]);
  await context.terminal.data(table(HEADING, rows, context.terminal.dataColumns));
  const { problems, unused } = await context.services.registry();
  sayProblems(
    context,
    problems.filter((problem) => !unused.includes(problem)),
  );
}

function clientText({ ready, lacksSecret }: ProviderSummary): string {
  if (ready) return "ready";
  return lacksSecret === true ? "needs a secret" : "needs a client";
}

function sayNoMatch({ terminal }: Context, all: readonly ProviderSummary[], typed: string): void {
  const meant = nearest(
    typed,
    all.map(({ id }) => id),
  );
  terminal.say(`No provider matches "${typed}"`);
  terminal.say(`  hint: ${meant === undefined ? "keyfob providers add" : `did you mean ${meant}?`}`);
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

/** `providers schema`. */
export async function schema(context: Context): Promise<void> {
  await context.terminal.data(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
}

/** `providers path`. */
export async function path({ terminal, paths }: Context, flags: { json: boolean }): Promise<void> {
  const { registryFile } = paths;
  await terminal.data(flags.json ? jsonLine({ path: registryFile }) : `${registryFile}\n`);
}
