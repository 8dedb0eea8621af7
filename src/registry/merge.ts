/**
 * Lays one JSON value over another: objects merge deep, arrays replace, null deletes.
 *
 * @module
 */

/** A JSON object whose keys nobody has checked yet. */
export type RawObject = Readonly<Record<string, unknown>>;

/** Fields that are one choice among shapes: half of an old one and half of a new one means nothing. */
const WHOLE_FIELDS: ReadonlySet<string> = new Set(["client_secret"]);

/** Whether `value` is an object that merges. */
export function isRawObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `upper` over `lower`. Neither is changed. */
export function merge(lower: RawObject, upper: RawObject): RawObject {
  const merged = new Map(Object.entries(lower));
  for (const [key, value] of Object.entries(upper)) {
    const below = merged.get(key);
    if (value === null) merged.delete(key);
    else if (!isRawObject(value) || WHOLE_FIELDS.has(key)) merged.set(key, value);
    else merged.set(key, merge(isRawObject(below) ? below : {}, value));
  }
  return Object.fromEntries(merged);
}

/** `value` without the nulls that delete; what is left must fit the schema by itself. */
export function withoutDeletions(value: RawObject): RawObject {
  return merge({}, value);
}
