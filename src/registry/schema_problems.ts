/**
 * What of an entry does not fit the schema, told with the names and values that would.
 *
 * @module
 */
import { z } from "zod";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import type { JsonPath } from "./jsonc.ts";
import { type RawObject, withoutDeletions } from "./merge.ts";
import { Entry, PROVIDER_ID } from "./schema.ts";
import { type ProblemText, unknownField } from "./source.ts";

/** Something wrong at `path` within an entry. */
export interface PlacedText extends ProblemText {
  readonly path: JsonPath;
  /** Set where the name of the field is what is wrong. */
  readonly at?: "key";
}

type Issue = z.core.$ZodIssue;

/** Every way in which `raw`, the entry of `id`, does not fit the schema. */
export function schemaProblems(id: string, raw: RawObject): PlacedText[] {
  const checked = Entry.safeParse(withoutDeletions(raw), { reportInput: true });
  return [...idProblems(id), ...(checked.success ? [] : checked.error.issues.flatMap(describe))];
}

function idProblems(id: string): PlacedText[] {
  if (PROVIDER_ID.test(id)) return [];
  const message = `"${harmless(id, 80)}" cannot be a provider id`;
  const hint =
    "use 1 to 64 lower-case letters, digits, dots, dashes or underscores, a letter or digit at both ends";
  return [{ path: [], message, hint, at: "key" }];
}

function describe(issue: Issue): PlacedText[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(path);
    return issue.keys.map((name) => ({ path: [...path, name], ...unknownField(harmless(name, 80), known) }));
  }
  if (issue.code === "invalid_union") return describeUnion(issue, path);
  if (issue.code === "invalid_value") return [choice(path, issue.input, issue.values)];
  if (issue.code === "invalid_key") {
    const message = `"${harmless(String(path.at(-1)), 80)}" cannot be a name here`;
    return [
      { path, message, hint: "use lower-case letters, digits and underscores, a letter first", at: "key" },
    ];
  }
  if (issue.code === "invalid_type") {
    return [
      {
        path,
        message: `must be ${article(issue.expected)}, not ${typeName(issue.input)}`,
        hint: purpose(path),
      },
    ];
  }
  return [{ path, message: harmless(lowerFirst(issue.message)), hint: purpose(path) }];
}

/** The branch with least to complain tells most; where none got anywhere, what the field is for does. */
function describeUnion(issue: Issue & { code: "invalid_union" }, path: JsonPath): PlacedText[] {
  const [closest] = issue.errors
    .filter((issues) => issues.some(isTelling))
    .map((issues) => describeBranch(issues, path))
    .sort((one, other) => one.length - other.length);
  if (closest !== undefined) return closest;
  const choices = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === "invalid_value" ? inner.values : []));
  if (choices.length > 0) return [choice(path, issue.input, choices)];
  return [{ path, message: `${typeName(issue.input)} does not fit here`, hint: purpose(path) }];
}

/** An unknown name explains the known one that is missing, so it is told alone. */
function describeBranch(issues: readonly Issue[], path: JsonPath): PlacedText[] {
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys");
  const telling = unknown.length > 0 ? unknown : issues.filter(isTelling);
  return telling.flatMap((inner) => describe({ ...inner, path: [...path, ...inner.path] }));
}

/** A mismatch below the top of a branch, or one of another kind than "not this type at all". */
function isTelling(issue: Issue): boolean {
  return issue.path.length > 0 || (issue.code !== "invalid_type" && issue.code !== "invalid_value");
}

function choice(path: JsonPath, input: unknown, values: readonly unknown[]): PlacedText {
  const names = values.map(String);
  const meant = typeof input === "string" ? nearest(input, names) : undefined;
  const listed = `one of: ${names.join(", ")}`;
  const message = `${quoted(input)} is not known here`;
  return { path, message, hint: meant === undefined ? listed : `did you mean "${meant}"? ${listed}` };
}

/** What the schema says the field at `path` is for. */
function purpose(path: JsonPath): string | undefined {
  const descriptions = schemasAt(path).map((schema) => z.globalRegistry.get(schema)?.description);
  return descriptions.findLast((description) => description !== undefined);
}

/** Names of the fields that the object at `path` may have. */
function fieldsAt(path: JsonPath): string[] {
  const objects = schemasAt(path).filter((schema) => schema instanceof z.ZodObject);
  return [...new Set(objects.flatMap(({ shape }) => Object.keys(shape)))];
}

/** Every schema that may judge the value at `path`: wrappers and the branches of unions too. */
function schemasAt(path: JsonPath): z.core.$ZodType[] {
  let level = unwrap(Entry);
  for (const key of path) level = level.flatMap((schema) => unwrapAll(childrenOf(schema, key)));
  return level;
}

function childrenOf(schema: z.core.$ZodType, key: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (!(schema instanceof z.ZodObject)) return [];
  const field: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  return field === undefined ? [] : [field];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional) return [...unwrap(schema.unwrap()), schema];
  if (schema instanceof z.ZodUnion) return [...unwrapAll(schema.options), schema];
  return [schema];
}

function unwrapAll(schemas: readonly z.core.$ZodType[]): z.core.$ZodType[] {
  return schemas.flatMap(unwrap);
}

function quoted(value: unknown): string {
  return typeof value === "string" ? `"${harmless(value, 80)}"` : typeName(value);
}

function typeName(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : article(typeof value);
}

function article(type: string): string {
  if (type === "array") return "a list";
  return type === "object" || type === "int" ? `an ${type === "int" ? "integer" : type}` : `a ${type}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
