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
import {
  type Catalog,
  chainOf,
  type Contribution,
  contributionsTo,
  fold,
  isKnown,
  knownIds,
} from "./chain.ts";
import { entryProblems, sourceProblems } from "./check.ts";
import { complete } from "./defaults.ts";
import { builtInEntries, readLayers, SYSTEM_REGISTRY_FILE } from "./layers.ts";
import type { Layer, Provider } from "./provider.ts";
import type { Entry } from "./schema.ts";
import type { RegistryProblem } from "./source.ts";
import {
  fillEntry,
  missingIn,
  type MissingVariable,
  variableValues,
  type VariableValues,
} from "./variables.ts";

export { checkFile } from "./check.ts";
export { jsonSchema } from "./json_schema.ts";
export { credentialOrigins } from "./origins.ts";
export { redacted } from "./redaction.ts";
export type { RegistryProblem } from "./source.ts";
export type { MissingVariable } from "./variables.ts";

/** One line of `providers list`. */
export interface ProviderSummary {
  readonly id: string;
  readonly name: string;
  readonly layer: Layer;
  readonly tier: "verified" | "unverified";
  /** Whether a client is configured and no variable has to be asked for. */
  readonly ready: boolean;
  readonly docs?: string;
  readonly registerUrl?: string;
}

/** Providers by id. */
export interface Registry {
  /** Every provider, sorted by id; a broken one too, as not ready. */
  list(): ProviderSummary[];
  /** Whether there is such a provider, broken or not. */
  has(id: string): boolean;
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
  /** What is wrong in the registry files. Looks at every entry when first asked. */
  readonly problems: readonly RegistryProblem[];
}

/** Where the layers are. */
export interface RegistryOptions {
  readonly paths: Paths;
  /** The administrator's file; `/etc/keyfob/providers.json` by default, none on Windows. */
  readonly systemFile?: string;
}

/** Reads the registry files. Never fails for what stands in them: see {@link Registry.problems}. */
export async function openRegistry({ paths, systemFile }: RegistryOptions): Promise<Registry> {
  const sources = await readLayers(paths, systemFile ?? SYSTEM_REGISTRY_FILE);
  return createRegistry({ builtIn: builtInEntries(), sources });
}

/** The registry of what was read. */
export function createRegistry(catalog: Catalog): Registry {
  let problems: readonly RegistryProblem[] | undefined;
  return {
    list: () => knownIds(catalog).map((id) => summarize(catalog, id)),
    has: (id) => isKnown(catalog, id),
    resolve: (id, choices) => resolve(catalog, id, choices),
    preview: (id, choices) => assemble(catalog, id, choices).provider,
    missingVariables: (id, choices) => assemble(catalog, id, choices).missing,
    get problems() {
      return (problems ??= catalog.sources.flatMap((source) => sourceProblems(catalog, source)));
    },
  };
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
  const entry = fold(contributions);
  const chosen: VariableValues = choices.set ?? {};
  const variables = variableValues(id, entry, chosen);
  const { client_id: _id, client_secret: _secret, ...rest } = withRedirect(entry, choices);
  const provider = complete(
    { ...fillEntry(rest, variables), tier: tierOf(chain) },
    { id, variables, builtIn: chain.some(({ layer }) => layer === "built-in"), layer: layerOf(id, chain) },
  );
  const shown = { ...provider, name: harmless(provider.name) };
  return {
    provider: { ...shown, ...bindCredentials(contributions, chosen) },
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
    hint: hint ?? "keyfob providers check",
  });
}

function unknownProvider({ builtIn, sources }: Catalog, id: string): UsageError {
  const shown = harmless(id, 80);
  const meant = nearest(id, knownIds({ builtIn, sources }));
  const unread = sources.flatMap(({ problems }) => problems).find(({ provider }) => provider === undefined);
  const why = unread === undefined ? "" : `; "${unread.file}" was not used: ${unread.message}`;
  const all = "keyfob providers list shows all";
  return new UsageError(`Cannot find the provider "${shown}"${why}`, {
    code: "unknown_provider",
    hint: meant === undefined ? all : `did you mean "${meant}"? ${all}`,
  });
}

function summarize(catalog: Catalog, id: string): ProviderSummary {
  try {
    const { provider, missing } = assemble(catalog, id, {});
    return {
      id,
      name: provider.name,
      layer: provider.layer,
      tier: provider.tier,
      ready: missing.length === 0 && hasClient(provider),
      ...link("docs", [provider.docs].flat()[0]),
      ...link("registerUrl", provider.register_url),
    };
  } catch (failure) {
    if (!(failure instanceof ConfigurationError || failure instanceof UsageError)) throw failure;
    return {
      id,
      name: id,
      layer: layerOf(id, contributionsTo(catalog, id)),
      tier: "unverified",
      ready: false,
    };
  }
}

/** A few providers know no clients: their entries leave `client_id` out of the address. */
function hasClient(provider: Provider): boolean {
  return provider.client_id !== undefined || provider.authorize?.omit?.includes("client_id") === true;
}

function link<Name extends string>(name: Name, url: string | undefined): { readonly [key in Name]?: string } {
  return url === undefined ? {} : ({ [name]: harmless(url) } as { readonly [key in Name]: string });
}
