/**
 * What the placeholders of a request block stand for at each step.
 *
 * @module
 */
import type { TemplateValues } from "../registry/template.ts";

/** How keyfob names itself to providers that ask (`{app}`). */
export const APP = "keyfob";

/** `{ realmId: "7" }` as `{ "callback.realmId": "7" }`. */
export function prefixed(
  prefix: "callback" | "kept" | "device",
  values: Readonly<Record<string, string>>,
): TemplateValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}
