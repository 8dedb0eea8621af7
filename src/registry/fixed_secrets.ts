/**
 * Secrets that stand in an entry itself, as the fixed value of a request's header or parameter, or in an address.
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

/** One parameter of an address's own query, decoded; its value may hold placeholders. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** The parameters in the query of the address `template`. */
export function queryParameters(template: string): QueryParameter[] {
  return splitAddress(template).parts.map(readPart);
}

/** What stands for a secret where an entry is shown. */
export const STARS = "***";

/** The address `template` with stars for the fixed secrets in its query; a text that is no address stays as it is. */
export function starredAddress(template: string): string {
  return changedQuery(template, (parameter, part) =>
    isFixedSecret(parameter.name, parameter.value) ? `${part.slice(0, part.indexOf("=") + 1)}${STARS}` : part,
  );
}

/** The address `template` without the parameters `name` of its query. */
export function withoutParameter(template: string, name: string): string {
  return changedQuery(template, (parameter, part) => (parameter.name === name ? undefined : part));
}

function changedQuery(
  template: string,
  change: (parameter: QueryParameter, part: string) => string | undefined,
): string {
  const { before, parts, after } = splitAddress(template);
  if (parts.length === 0) return template;
  const left = parts.map((part) => change(readPart(part), part)).filter((part) => part !== undefined);
  return `${before}${left.length === 0 ? "" : "?"}${left.join("&")}${after}`;
}

function splitAddress(template: string): { before: string; parts: readonly string[]; after: string } {
  const [, before, query, after] = /^(https?:\/\/[^?#]*)\?([^#]*)(.*)$/is.exec(template) ?? [];
  if (before === undefined || query === undefined) return { before: template, parts: [], after: "" };
  return { before, parts: query.split("&"), after: after ?? "" };
}

function readPart(part: string): QueryParameter {
  const [[name, value] = ["", ""]] = new URLSearchParams(part);
  return { name, value };
}
