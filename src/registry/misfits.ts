/**
 * What a zod schema finds wrong, told with the names and values that would fit.
 *
 * @module
 */
import { z } from "zod";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import type { JsonPath } from "./jsonc.ts";
import { type ProblemText, unknownField } from "./source.ts";

/** Something wrong at `path` within what was checked. */
export interface PlacedText extends ProblemText {
  readonly path: JsonPath;
  /** Set where the name of the field is what is wrong. */
  readonly at?: "key";
}

type Issue = z.core.$ZodIssue;

/** Every way in which `value` does not fit `schema`. */
export function misfits(schema: z.ZodType, value: unknown): PlacedText[] {
  const checked = schema.safeParse(value, { reportInput: true });
  return checked.success ? [] : checked.error.issues.flatMap((issue) => describe(schema, issue));
}

function describe(root: z.ZodType, issue: Issue): PlacedText[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(root, path);
    return issue.keys.map((name) => ({ path: [...path, name], ...unknownField(harmless(name, 80), known) }));
  }
  if (issue.code === "invalid_union") return describeUnion(root, issue, path);
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
        hint: purpose(root, path),
      },
    ];
  }
  return [{ path, message: harmless(lowerFirst(issue.message)), hint: purpose(root, path) }];
}

/** The branch with least to complain tells most; where none got anywhere, what the field is for does. */
function describeUnion(
  root: z.ZodType,
  issue: Issue & { code: "invalid_union" },
  path: JsonPath,
): PlacedText[] {
  const [closest] = issue.errors
    .filter((issues) => issues.some(isTelling))
    .map((issues) => describeBranch(root, issues, path))
    .sort((one, other) => one.length - other.length);
  if (closest !== undefined) return closest;
  const choices = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === "invalid_value" ? inner.values : []));
  if (choices.length > 0) return [choice(path, issue.input, choices)];
  return [{ path, message: `${typeName(issue.input)} does not fit here`, hint: purpose(root, path) }];
}

/** An unknown name explains the known one that is missing, so it is told alone. */
function describeBranch(root: z.ZodType, issues: readonly Issue[], path: JsonPath): PlacedText[] {
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys");
  const telling = unknown.length > 0 ? unknown : issues.filter(isTelling);
  return telling.flatMap((inner) => describe(root, { ...inner, path: [...path, ...inner.path] }));
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
function purpose(root: z.ZodType, path: JsonPath): string | undefined {
  const descriptions = schemasAt(root, path).map((schema) => z.globalRegistry.get(schema)?.description);
  return descriptions.findLast((description) => description !== undefined);
}

/** Names of the fields that the object at `path` may have. */
function fieldsAt(root: z.ZodType, path: JsonPath): string[] {
  const objects = schemasAt(root, path).filter((schema) => schema instanceof z.ZodObject);
  return [...new Set(objects.flatMap(({ shape }) => Object.keys(shape)))];
}

/** Every schema that may judge the value at `path`: wrappers and the branches of unions too. */
function schemasAt(root: z.ZodType, path: JsonPath): z.core.$ZodType[] {
  let level = unwrap(root);
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
  if (schema instanceof z.ZodPipe) return [...unwrap(schema.in), schema];
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
  if (type === "record") return "an object";
  return type === "object" || type === "int" ? `an ${type === "int" ? "integer" : type}` : `a ${type}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
