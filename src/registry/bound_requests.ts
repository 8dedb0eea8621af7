/**
 * Keeps the fixed secrets of requests at the origins that the layer which gave them knew, as `binding.ts` does a client's.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { addresses, steps } from "./addresses.ts";
import { reach, withoutDefaults } from "./binding.ts";
import { type Contribution, fold } from "./chain.ts";
import { isFixedSecret, queryParameters, withoutParameter } from "./fixed_secrets.ts";
import type { JsonPath } from "./jsonc.ts";
import { isRawObject } from "./merge.ts";
import type { WithheldSecret } from "./provider.ts";
import type { Entry } from "./schema.ts";
import { fillVariables, placeholders } from "./template.ts";
import { valuesOf, type VariableValues } from "./variables.ts";

/** One header or parameter of a request block, or of the query of an address. */
interface Placed {
  /** Where it stands, or the address does. */
  readonly path: JsonPath;
  readonly name: string;
  readonly value: unknown;
  readonly isInQuery: boolean;
}

/** The entry without those secrets that may not go where it leads, and what those are. */
export interface BoundRequests {
  readonly entry: Entry;
  readonly withheld: readonly WithheldSecret[];
}

/**
 * Judges each fixed secret among the headers and parameters of `entry` and in the queries of its addresses;
 * `contributions` make the entry, lowest first. A secret is bound to what the contributions up to its own resolve to;
 * `choices` of the person count there as for a client, and those of another machine never do, nor does a place that only
 * a certificate from there vouches for.
 *
 * @throws {ConfigurationError} for an address that is not usable
 */
export function bindRequests(
  contributions: readonly Contribution[],
  entry: Entry,
  choices: ProviderChoices,
): BoundRequests {
  const found = fixedSecrets(entry, choices.set ?? {});
  const withheld = found.flatMap((placed) => {
    const facts = { path: placed.path, names: namesIn(placed.value), choices };
    const judged = judge(contributions, facts);
    return judged.foreign.length === 0 ? [] : [{ placed, secret: { at: placeOf(placed), ...judged } }];
  });
  return {
    entry: withheld.reduce((rest, { placed }) => without(rest, placed.path, placed) as Entry, entry),
    withheld: withheld.map(({ secret }) => secret),
  };
}

/** A secret that a variable's default gives counts; one that is chosen belongs to whoever chose it. */
function fixedSecrets(entry: Entry, chosen: VariableValues): Placed[] {
  const defaults = Object.entries(valuesOf(entry, {})).filter(([name]) => !Object.hasOwn(chosen, name));
  const values = Object.fromEntries(defaults);
  return [...fieldsOf(entry), ...queriesOf(entry)].filter(({ name, value }) =>
    isFixedSecret(name, typeof value === "string" ? fillVariables(value, values, "text") : value),
  );
}

function fieldsOf(entry: Entry): Placed[] {
  return steps(entry).flatMap(({ path, step }) =>
    (["headers", "params"] as const).flatMap((field) =>
      Object.entries(step[field] ?? {}).map(([name, value]) => ({
        path: [...path, field, name],
        name,
        value,
        isInQuery: false,
      })),
    ),
  );
}

function queriesOf(entry: Entry): Placed[] {
  return addresses(entry).flatMap(({ path, template }) =>
    queryParameters(template).map(({ name, value }) => ({ path, name, value, isInQuery: true })),
  );
}

/** `token.headers.X-Api-Key`, or `token_endpoint?api_key` for one in a query. */
function placeOf({ path, name, isInQuery }: Placed): string {
  return `${path.join(".")}${isInQuery ? `?${harmless(name, 40)}` : ""}`;
}

function namesIn(value: unknown): string[] {
  return typeof value === "string" ? placeholders(value) : [];
}

function judge(
  contributions: readonly Contribution[],
  facts: { readonly path: JsonPath; readonly names: readonly string[]; readonly choices: ProviderChoices },
): { readonly bound: readonly string[]; readonly foreign: readonly string[] } {
  const { set: chosen = {}, isSent, authorities } = facts.choices;
  const paths = [facts.path, ...facts.names.map((name): JsonPath => ["variables", name, "default"])];
  const giver = Math.max(...paths.map((path) => givenBy(contributions, path)));
  const known = fold(contributions.slice(0, giver + 1));
  const agreed = isSent === true ? {} : withoutDefaults(known, chosen);
  const bound = reach(known, agreed).origins;
  const reached = reach(fold(contributions), chosen).origins;
  const isVouchedElsewhere = isSent === true && authorities !== undefined;
  return { bound, foreign: reached.filter((origin) => isVouchedElsewhere || !bound.includes(origin)) };
}

/** The last contribution that says something at `path`. */
function givenBy(contributions: readonly Contribution[], path: JsonPath): number {
  return contributions.findLastIndex(({ raws }) => raws.some((raw) => says(raw, path)));
}

function says(value: unknown, [first, ...rest]: JsonPath): boolean {
  if (first === undefined) return true;
  const isThere = (isRawObject(value) || Array.isArray(value)) && Object.hasOwn(value, first);
  return isThere && says((value as Readonly<Record<string | number, unknown>>)[first], rest);
}

function without(value: unknown, [first, ...rest]: JsonPath, placed: Placed): unknown {
  if (first === undefined) return withoutParameter(String(value), placed.name);
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === first ? without(item, rest, placed) : item));
  }
  const left = Object.entries(value as object).flatMap(([name, child]: [string, unknown]) => {
    if (name !== first) return [[name, child]];
    return rest.length === 0 && !placed.isInQuery ? [] : [[name, without(child, rest, placed)]];
  });
  return Object.fromEntries(left);
}
