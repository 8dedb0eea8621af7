/**
 * The declared variables of an entry: which values they have, and where those go.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import { addresses } from "./addresses.ts";
import { CREDENTIAL_ENDPOINTS } from "./provider.ts";
import type { Entry } from "./schema.ts";
import { fillVariables, hostPlaceholders, isHostValue } from "./template.ts";

/** Values by variable name. */
export type VariableValues = Readonly<Record<string, string>>;

/** A variable that a person has to give a value. */
export interface MissingVariable {
  readonly name: string;
  /** The question to ask; the name where the entry has none. */
  readonly prompt: string;
}

/** Characters a value may have: more than any host, tenant or audience. */
const LONGEST_VALUE = 1024;

/** Braces would become placeholders of their own; controls would end a header. */
const FORBIDDEN = /[{}\p{Cc}]/u;

const URL_FIELDS: ReadonlySet<string> = new Set([
  ...CREDENTIAL_ENDPOINTS,
  "authorization_endpoint",
  "endpoint",
  "issuer",
  "jwks_uri",
  "verification_uri",
  "redirect_uri",
  "uri",
  "docs",
  "register_url",
  "resources",
]);

const TEXT_FIELDS: ReadonlySet<string> = new Set(["name", "notice", "scopes", "params", "headers"]);

/** Fields below which no variable is looked for. */
const OPAQUE_FIELDS: ReadonlySet<string> = new Set([
  "variables",
  "hosts",
  "client_secret",
  "response",
  "identity",
  "keep",
]);

/**
 * Values of the declared variables: the chosen ones, else the defaults. One without either is absent.
 *
 * @throws {UsageError} for a name that is not declared, or a value that does not fit
 */
export function variableValues(id: string, entry: Entry, chosen: VariableValues): VariableValues {
  const declared = entry.variables ?? {};
  for (const name of Object.keys(chosen)) {
    if (!Object.hasOwn(declared, name)) throw unknownVariable(id, name, Object.keys(declared));
  }
  const values = valuesOf(entry, chosen);
  for (const [name, value] of Object.entries(values)) {
    refuseMisfit(entry, { name, value, pattern: declared[name]?.pattern });
  }
  return values;
}

/** As {@link variableValues}, without judging names and values. */
export function valuesOf(entry: Entry, chosen: VariableValues): VariableValues {
  const values = Object.entries(entry.variables ?? {}).map(
    ([name, variable]) => [name, Object.hasOwn(chosen, name) ? chosen[name] : variable.default] as const,
  );
  return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Declared variables that have no value. */
export function missingIn(entry: Entry, values: VariableValues): MissingVariable[] {
  return Object.entries(entry.variables ?? {})
    .filter(([name]) => !Object.hasOwn(values, name))
    .map(([name, { prompt }]) => ({ name, prompt: harmless(prompt ?? name) }));
}

/**
 * `entry` with every declared variable filled in; other placeholders stay for the steps.
 *
 * @throws {ConfigurationError} for a value that its place forbids
 */
export function fillEntry(entry: Entry, values: VariableValues): Entry {
  return fillFields(entry, values, undefined) as Entry;
}

/** The pattern as a regular expression over the whole value; undefined where it is not one. */
export function wholePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return undefined;
  }
}

/** Why `value` cannot be a variable's value, or undefined. */
export function misfit(value: string, pattern: string | undefined): string | undefined {
  if (value.length > LONGEST_VALUE) return `it is longer than ${LONGEST_VALUE} characters`;
  if (FORBIDDEN.test(value)) return "it holds braces or control characters";
  if (pattern === undefined) return undefined;
  return wholePattern(pattern)?.test(value) === true ? undefined : `it does not match ${pattern}`;
}

function refuseMisfit(
  entry: Entry,
  {
    name,
    value,
    pattern,
  }: { readonly name: string; readonly value: string; readonly pattern: string | undefined },
): void {
  const inHost = addresses(entry).some(({ template }) => hostPlaceholders(template).includes(name));
  const reason =
    misfit(value, pattern) ?? (inHost && !isHostValue(value) ? "it is not a host name" : undefined);
  if (reason === undefined) return;
  throw new UsageError(`Cannot use "${harmless(value, 80)}" as "${name}": ${harmless(reason)}`, {
    code: "bad_variable",
    hint: inHost
      ? `--set ${name}=HOST, such as example.com or example.com:8443`
      : `--set ${name}=VALUE with a value that fits`,
  });
}

function unknownVariable(id: string, name: string, declared: readonly string[]): UsageError {
  const meant = nearest(name, declared);
  const known = declared.length === 0 ? "it has none" : `known: ${declared.join(", ")}`;
  return new UsageError(`Cannot set "${harmless(name, 80)}": "${id}" has no such variable`, {
    code: "unknown_variable",
    hint: meant === undefined ? known : `did you mean "${meant}"?`,
  });
}

function fillFields(value: unknown, values: VariableValues, position: "url" | "text" | undefined): unknown {
  if (typeof value === "string")
    return position === undefined ? value : fillVariables(value, values, position);
  if (Array.isArray(value)) return value.map((item: unknown) => fillFields(item, values, position));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]: [string, unknown]) => {
      const isOpaque = position === undefined && OPAQUE_FIELDS.has(name);
      return [name, isOpaque ? child : fillFields(child, values, position ?? positionOf(name))];
    }),
  );
}

function positionOf(field: string): "url" | "text" | undefined {
  if (URL_FIELDS.has(field)) return "url";
  return TEXT_FIELDS.has(field) ? "text" : undefined;
}
