/**
 * The registry: finds a provider by id and makes it ready for use.
 *
 * @module
 */
import { ConfigurationError, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Paths } from "../paths.ts";
import { addresses } from "./addresses.ts";
import { bindCredentials } from "./binding.ts";
import { bindRequests } from "./bound_requests.ts";
import {
  type Catalog,
  chainOf,
  type Contribution,
  contributionsTo,
  fold,
  isKnown,
  knownIds,
  onlyWord,
} from "./chain.ts";
import { entryProblems, sourceProblems } from "./check.ts";
import { complete } from "./defaults.ts";
import { builtInEntries, readLayers, SYSTEM_REGISTRY_FILE } from "./layers.ts";
import { isPlain } from "./plain_entry.ts";
import type { Layer, Provider } from "./provider.ts";
import { type Entry, PROVIDER_ID } from "./schema.ts";
import type { RawObject } from "./merge.ts";
import { type OwnWords, ownWords } from "./own_words.ts";
import { type RegistryProblem, type RegistrySource, readSource, sourceOf } from "./source.ts";
import { type ProviderSummary, summaryOf, summaryOfBroken, variablesToAsk } from "./summary.ts";
import {
  fillEntry,
  missingIn,
  type MissingVariable,
  variableValues,
  type VariableValues,
} from "./variables.ts";

export { checkFile, readIds } from "./check.ts";
export { jsonSchema } from "./json_schema.ts";
export { credentialOrigins } from "./origins.ts";
export { redacted } from "./redaction.ts";
export type { OwnWords } from "./own_words.ts";
export type { RegistryProblem } from "./source.ts";
export type { ProviderSummary } from "./summary.ts";
export type { MissingVariable } from "./variables.ts";

/** Providers by id. */
export interface Registry {
  /** Every provider, sorted by id; a broken one too, as not ready. */
  list(): ProviderSummary[];
  /** Whether there is such a provider, broken or not. */
  has(id: string): boolean;
  /** Files that say something of the provider, lowest layer first. */
  filesOf(id: string): readonly string[];
  /**
   * What those files say of the provider and its parents, without secrets; nothing where there is no such provider.
   *
   * @throws {ConfigurationError} code `broken_entry`
   */
  wordsOf(id: string): OwnWords;
  /**
   * The provider, ready for use.
   *
   * @throws {UsageError} code `unknown_provider`, `unknown_variable`, `bad_variable` or `missing_variable`
   * @throws {ConfigurationError} code `broken_entry`, naming file, line and column
   */
  resolve(id: string, choices: ProviderChoices): Provider;
  /** As {@link Registry.resolve}, to be shown: variables that nobody gave stay as `{name}`. */
  preview(id: string, choices: ProviderChoices): Provider;
  /** Variables that `resolve` would miss, with the question to ask for each. */
  missingVariables(id: string, choices: ProviderChoices): MissingVariable[];
  /** The registry as it would be with `fields` in the user's entry `id`. */
  with(id: string, fields: RawObject): Registry;
  /** What is wrong in the registry files. Looks at every entry when first asked. */
  readonly problems: readonly RegistryProblem[];
  /** Those of {@link Registry.problems} for which a whole file is not used; told when the registry was opened. */
  readonly unused: readonly RegistryProblem[];
}

/** Where the layers are. */
export interface RegistryOptions {
  readonly paths: Paths;
  /** The administrator's file; `/etc/keyfob/providers.json` by default, none on Windows. */
  readonly systemFile?: string;
  /** Takes one line for the person: a file that is not used, or was closed to others. */
  readonly notice?: (text: string) => void;
  /** Set by who lists every problem anyway: then no notice says of a file that it is not used. */
  readonly listsProblems?: boolean;
}

/** Reads the registry files. Never fails for what stands in them: see {@link Registry.problems}. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { paths, systemFile = SYSTEM_REGISTRY_FILE, notice = () => {}, listsProblems = false } = options;
  const registry = createRegistry({
    builtIn: builtInEntries(),
    sources: await readLayers(paths, systemFile, notice),
  });
  for (const problem of listsProblems ? [] : registry.unused) notice(unusedText(problem));
  return registry;
}

/** What says everything about the registry files. */
const CHECK = "keyfob providers check";

/** The registry of the one file at `path`, read as the user's over the built-in registry. */
export async function openRegistryFile(path: string): Promise<Registry> {
  const source = await readSource(path, "user");
  return createRegistry({ builtIn: builtInEntries(), sources: source === undefined ? [] : [source] });
}

/** The registry of what was read. */
export function createRegistry(catalog: Catalog): Registry {
  let problems: readonly RegistryProblem[] | undefined;
  return {
    list: () => knownIds(catalog).map((id) => summarize(catalog, id)),
    has: (id) => isKnown(catalog, id),
    filesOf: (id) => catalog.sources.filter(({ entries }) => entries.has(id)).map(({ file }) => file),
    wordsOf: (id) => (isKnown(catalog, id) ? ownWords(catalog, id) : {}),
    resolve: (id, choices) => resolve(catalog, id, choices),
    preview: (id, choices) => assemble(catalog, id, choices).provider,
    missingVariables: (id, choices) => assemble(catalog, id, choices).missing,
    with: (id, fields) => createRegistry({ ...catalog, sources: [...catalog.sources, draftOf(id, fields)] }),
    unused: catalog.sources.flatMap(({ unused }) => unused ?? []),
    get problems() {
      return (problems ??= catalog.sources.flatMap((source) => sourceProblems(catalog, source)));
    },
  };
}

/** What a new entry is called in messages, where a file has its path. */
const DRAFT = "new entry";

function draftOf(id: string, fields: RawObject): RegistrySource {
  return sourceOf(JSON.stringify({ providers: { [id]: fields } }), DRAFT, "user");
}

interface Assembled {
  readonly provider: Provider;
  readonly missing: MissingVariable[];
}

function resolve(catalog: Catalog, id: string, choices: ProviderChoices): Provider {
  const { provider, missing } = assemble(catalog, id, choices);
  const [first] = missing;
  if (first === undefined) return provider;
  const question = first.prompt === first.name ? "" : ` (${first.prompt})`;
  throw new UsageError(`Cannot use "${id}" without "${first.name}"${question}`, {
    code: "missing_variable",
    hint: missing.map(({ name }) => `--set ${name}=VALUE`).join(" "),
  });
}

function assemble(catalog: Catalog, id: string, choices: ProviderChoices): Assembled {
  if (!isKnown(catalog, id)) throw unknownProvider(catalog, id);
  refuseBroken(catalog, id, contributionsTo(catalog, id));
  const chain = chainOf(catalog, id);
  refuseBroken(catalog, id, chain);
  const contributions = [...chain, ...flags(id, choices)];
  const { entry, withheld } = bindRequests(contributions, fold(contributions), choices);
  const chosen: VariableValues = choices.set ?? {};
  const variables = variableValues(id, entry, chosen);
  const { client_id: _id, client_secret: _secret, ...rest } = withRedirect(entry, choices);
  const provider = complete(
    { ...fillEntry(rest, variables), tier: tierOf(chain) },
    { id, variables, builtIn: chain.some(({ layer }) => layer === "built-in"), layer: layerOf(id, chain) },
  );
  const shown = { ...provider, name: harmless(provider.name) };
  return {
    provider: {
      ...shown,
      ...bindCredentials(contributions, chosen),
      ...(withheld.length === 0 ? {} : { withheld_requests: withheld }),
    },
    missing: missingIn(entry, variables),
  };
}

/** What the command line says, as the highest layer. The redirect is not in it: the provider knows it, no layer moves it. */
function flags(id: string, choices: ProviderChoices): Contribution[] {
  const given = {
    ...(choices.clientId === undefined ? {} : { client_id: choices.clientId }),
    ...(choices.clientSecret === undefined ? {} : { client_secret: choices.clientSecret }),
    ...(choices.scopes === undefined ? {} : { scopes: choices.scopes }),
  };
  return Object.keys(given).length === 0 ? [] : [{ layer: "flags", id, raws: [given], sources: [] }];
}

function withRedirect(entry: Entry, { redirectUri }: ProviderChoices): Entry {
  return redirectUri === undefined ? entry : { ...entry, redirect: { ...entry.redirect, uri: redirectUri } };
}

/** The layer of the entry itself; its parents' layers are theirs. */
function layerOf(id: string, chain: readonly Contribution[]): Layer {
  return chain.findLast((contribution) => contribution.id === id)?.layer ?? "user";
}

/** `verified` is said of addresses: a layer that changes them without saying so anew makes the entry unverified. */
function tierOf(chain: readonly Contribution[]): "verified" | "unverified" {
  const said = chain.findLastIndex(({ raws }) => raws.some((raw) => Object.hasOwn(raw, "tier")));
  const known = fold(chain.slice(0, said + 1));
  const isSame = JSON.stringify(addresses(known)) === JSON.stringify(addresses(fold(chain)));
  return known.tier === "verified" && isSame ? "verified" : "unverified";
}

function refuseBroken(catalog: Catalog, id: string, chain: readonly Contribution[]): void {
  for (const contribution of chain) {
    for (const source of contribution.sources) {
      const known = source.problems.filter(({ provider }) => provider === contribution.id);
      const [problem] = [...known, ...entryProblems(catalog, source, contribution.id)];
      if (problem !== undefined) throw brokenEntry(id, problem);
    }
  }
}

function brokenEntry(
  id: string,
  { file, line, column, message, hint, pointer }: RegistryProblem,
): ConfigurationError {
  return new ConfigurationError(`Cannot use "${id}": ${file}:${line}:${column}: ${pointer}: ${message}`, {
    code: "broken_entry",
    hint: hint ?? CHECK,
  });
}

/** Where a file was not used, the provider may stand there; why it was not is told already. */
function unknownProvider({ builtIn, sources }: Catalog, id: string): UsageError {
  const unused = sources.find((source) => source.unused !== undefined)?.unused;
  const without = unused === undefined ? "" : ` without "${unused.file}", which was not used`;
  const meant = nearest(id, knownIds({ builtIn, sources }));
  return new UsageError(`Cannot find the provider "${harmless(id, 80)}"${without}`, {
    code: "unknown_provider",
    hint: [
      ...(meant === undefined ? [] : [`did you mean "${meant}"?`]),
      unused === undefined
        ? howToFind(id, meant)
        : ((concernsWholeFile(unused) ? unused.hint : undefined) ?? CHECK),
    ].join(" "),
  });
}

function howToFind(id: string, meant: string | undefined): string {
  const all = "keyfob providers list shows all";
  return meant === undefined && PROVIDER_ID.test(id) ? `keyfob providers add ${id} adds it; ${all}` : all;
}

/** Why nothing of a file is used, for people. */
function unusedText(problem: RegistryProblem): string {
  const { file, line, column, message, hint = CHECK } = problem;
  const where = concernsWholeFile(problem) ? "" : `line ${line}, column ${column}: `;
  return `"${file}" was not used: ${where}${message} (${hint})`;
}

/** Of a file that cannot be read at all the problem has the very begin for its place, where nobody need look. */
function concernsWholeFile({ line, column }: RegistryProblem): boolean {
  return line === 1 && column === 1;
}

function summarize(catalog: Catalog, id: string): ProviderSummary {
  const quick = plainSummary(catalog, id);
  if (quick !== undefined) return quick;
  const contributions = contributionsTo(catalog, id);
  const [only, ...others] = contributions;
  try {
    if (only !== undefined && others.length === 0 && speaksForItself(only)) {
      refuseBroken(catalog, id, contributions);
      const entry = fold(contributions);
      return summaryOf(id, only.layer, entry, variablesToAsk(entry));
    }
    const { provider, missing } = assemble(catalog, id, {});
    return summaryOf(id, provider.layer, provider, missing.length);
  } catch (failure) {
    if (!(failure instanceof ConfigurationError || failure instanceof UsageError)) throw failure;
    return summaryOfBroken(id, layerOf(id, contributions));
  }
}

/** The quick way for most entries of a large file: they are plain, and nothing else speaks of them. */
function plainSummary(catalog: Catalog, id: string): ProviderSummary | undefined {
  const word = onlyWord(catalog, id);
  if (word === undefined || !isPlain(id, word.raw)) return undefined;
  const { source, raw } = word;
  if (source.problems.some(({ provider }) => provider === id)) return undefined;
  return summaryOf(id, source.layer, raw, 0);
}

/** Whether nothing below, above or given changes what the entry says: then no credential can be withheld from it. */
function speaksForItself({ raws: [raw, ...more] }: Contribution): boolean {
  const name = raw?.["name"];
  const isTemplate = typeof name === "string" && name.includes("{");
  return more.length === 0 && raw?.["extends"] === undefined && !isTemplate;
}
