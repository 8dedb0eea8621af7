/**
 * What the placeholders of a request block stand for at each step.
 *
 * @module
 */
import type { TemplateValues } from "../registry/template.ts";

/** How keyfob names itself to providers that ask (`{app}`). */
export const APP = "keyfob";

/** What an account keeps: its callback values are still called so in later steps. */
export function keptValues(kept: Readonly<Record<string, string>>): TemplateValues {
  return { ...prefixed("callback", kept), ...prefixed("kept", kept) };
}

/** `{ realmId: "7" }` as `{ "callback.realmId": "7" }`. */
export function prefixed(
  prefix: "callback" | "kept" | "device",
  values: Readonly<Record<string, string>>,
): TemplateValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}
