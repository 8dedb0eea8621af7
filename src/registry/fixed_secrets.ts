/**
 * Secrets that stand in an entry itself, as the fixed value of a request's header or parameter.
 *
 * @module
 */

/** Names of headers and parameters whose fixed value may be a secret. */
const SECRET_NAME = /secret|password|passwd|authorization|api[-_]?key|cookie|token$/i;

/** Whether the header or parameter `name` of a request has a secret for its `value`; a placeholder is none. */
export function isFixedSecret(name: string, value: unknown): boolean {
  if (!SECRET_NAME.test(name)) return false;
  if (Array.isArray(value)) return value.some((item: unknown) => isFixedSecret(name, item));
  if (typeof value === "number") return true;
  return typeof value === "string" && value !== "" && !value.includes("{");
}
