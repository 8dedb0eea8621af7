/**
 * `keyfob providers check`: what is wrong with the registry, by reading it and, where asked, by asking the endpoints.
 *
 * @module
 */
import { checkOnline, type Finding, type OnlineCheck } from "../accounts/provider_check.ts";
import { ConfigurationError, Failed, Unavailable, UsageError } from "../errors.ts";
import {
  checkFile,
  openRegistry,
  openRegistryFile,
  readIds,
  type Registry,
  type RegistryProblem,
} from "../registry/registry.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";
import { table } from "./table.ts";
import { sayWrapped, talkColumns, wrapped } from "./wrapped_text.ts";

/** Parsed flags of `keyfob providers check`. */
export interface CheckFlags {
  readonly file?: string | undefined;
  readonly online: boolean;
  /** Providers to ask; all where there are none. */
  readonly only: readonly string[];
  readonly json: boolean;
}

/** Runs the command; fails where anything is wrong. */
export async function run(context: Context, flags: CheckFlags): Promise<void> {
  refuseUnaskedOnly(flags);
  const registry = await registryOf(context, flags);
  await refuseProblems(context, registry, flags);
  if (flags.online) return checkEndpoints(context, registry, flags);
  if (flags.json) return context.terminal.data(jsonLine([]));
  context.terminal.say("Nothing is wrong", "good");
}

/** Without questions the registry is checked as a whole, since what is wrong may stand between two entries. */
function refuseUnaskedOnly({ online, only }: CheckFlags): void {
  const [first] = only;
  if (online || first === undefined) return;
  throw new UsageError(
    "Cannot check one provider alone without asking its endpoints: --only needs --online",
    {
      code: "only_without_online",
      hint: `keyfob providers check --online --only ${first}, or keyfob providers check for the whole registry`,
    },
  );
}

function registryOf({ paths, services: { notice } }: Context, { file }: CheckFlags): Promise<Registry> {
  return file === undefined ? openRegistry({ paths, notice, listsProblems: true }) : openRegistryFile(file);
}

async function refuseProblems(
  context: Context,
  registry: Registry,
  { file, json }: CheckFlags,
): Promise<void> {
  const problems = file === undefined ? registry.problems : await checkFile(file);
  if (problems.length === 0) return;
  if (!json) sayProblems(context, problems);
  throw new ConfigurationError(`The registry has ${counted(problems.length, "problem")}`, {
    code: "registry_problems",
    hint: "each problem says where it is and what would be right",
    details: { problems },
  });
}

/** Says every problem with its place, as compilers do, so that editors can jump there. */
export function sayProblems({ terminal }: Context, problems: readonly RegistryProblem[]): void {
  for (const { file, line, column, pointer, message, hint } of problems) {
    const place = [`${file}:${line}:${column}`, pointer].filter((text) => text !== "").join(": ");
    sayWrapped(terminal, `${place}: ${message}`, "warning");
    if (hint !== undefined) terminal.say(wrapped(hint, talkColumns(terminal), "  hint: "));
  }
}

async function checkEndpoints(context: Context, registry: Registry, flags: CheckFlags): Promise<void> {
  const { services, terminal, signal } = context;
  const ids = await idsToAsk(registry, flags);
  if (!flags.json)
    terminal.say(`Asking the endpoints of ${counted(ids.length, "provider")}, without credentials…`, "quiet");
  const result = await checkOnline(services, { registry, ids }, signal);
  refuseTrouble(context, result, flags);
  const { asked, skipped, findings } = result;
  if (flags.json) return terminal.data(jsonLine(findings));
  if (findings.length > 0) await terminal.data(findingsTable(findings, terminal.dataColumns));
  if (skipped.length > 0)
    sayWrapped(terminal, `Not asked, since they need a variable first: ${skipped.join(", ")}`, "quiet");
  terminal.say(`${counted(asked, "question")} asked; nothing is dead`, "good");
}

async function idsToAsk(registry: Registry, { file, only }: CheckFlags): Promise<readonly string[]> {
  if (only.length === 0) return file === undefined ? registry.list().map(({ id }) => id) : readIds(file);
  const unknown = only.find((id) => !registry.has(id));
  if (unknown === undefined) return only;
  throw new UsageError(`Cannot find the provider "${unknown}"`, {
    code: "unknown_provider",
    hint: "keyfob providers list shows all",
  });
}

/** Dead ends fail; where nothing at all could be reached, it is the network that is to blame. */
function refuseTrouble({ terminal }: Context, { findings, asked }: OnlineCheck, { json }: CheckFlags): void {
  const dead = findings.filter(({ kind }) => kind === "dead");
  const unreachable = findings.filter(({ kind }) => kind === "unreachable");
  if (dead.length === 0 && unreachable.length === 0) return;
  if (!json) for (const finding of findings) sayWrapped(terminal, sentence(finding), "warning");
  const details = { details: { findings } };
  if (dead.length === 0) {
    throw new Unavailable(`${unreachable.length} of ${counted(asked, "question")} found nobody`, {
      code: "endpoints_unreachable",
      hint: "is the network up? Try again later",
      ...details,
    });
  }
  throw new Failed(`${dead.length} of ${counted(asked, "question")} found a dead end`, {
    code: "endpoints_dead",
    hint: "correct those addresses in the user registry (keyfob providers path)",
    ...details,
  });
}

function sentence({ provider, field, url, kind, message }: Finding): string {
  return `${provider}: ${field} ${url}: ${kind}: ${message}`;
}

function findingsTable(findings: readonly Finding[], columns: number | undefined): string {
  const rows = findings.map(({ provider, field, url, kind, message }) => [
    provider,
    field,
    kind,
    url,
    message,
  ]);
  return table(["ID", "FIELD", "WHAT", "ADDRESS", "WHY"], rows, columns);
}

/** "1 problem", "2 problems". */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
