/**
 * JSON Pointers (RFC 6901) into answers of providers.
 *
 * @module
 */

/** One pointer, or several of which the first that finds something wins. */
export type Pointers = string | readonly string[];

/** The first value the pointers find; null and the empty string count as absent, as providers write them so. */
export function find(document: unknown, pointers: Pointers): unknown {
  for (const pointer of typeof pointers === "string" ? [pointers] : pointers) {
    const value = at(document, pointer);
    if (value !== undefined && value !== null && value !== "") return value;
  }
  return undefined;
}

/** Like {@link find}, as text: numbers and booleans are written out, objects and arrays are not text. */
export function findText(document: unknown, pointers: Pointers): string | undefined {
  const value = find(document, pointers);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** The value at one pointer, whatever it is; undefined where there is none (RFC 6901 section 4). */
export function at(document: unknown, pointer: string): unknown {
  let value = document;
  for (const segment of pointer.split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
