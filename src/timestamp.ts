/**
 * Times as programs read them.
 *
 * @module
 */

/** An RFC 3339 time in UTC with whole seconds. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}
