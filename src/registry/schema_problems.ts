/**
 * What of an entry does not fit the schema.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import { type RawObject, withoutDeletions } from "./merge.ts";
import { misfits, type PlacedText } from "./misfits.ts";
import { Entry, PROVIDER_ID } from "./schema.ts";

/** Every way in which `raw`, the entry of `id`, does not fit the schema. */
export function schemaProblems(id: string, raw: RawObject): PlacedText[] {
  return [...idProblems(id), ...misfits(Entry, withoutDeletions(raw))];
}

function idProblems(id: string): PlacedText[] {
  if (PROVIDER_ID.test(id)) return [];
  const message = `"${harmless(id, 80)}" cannot be a provider id`;
  const hint =
    "use 1 to 64 lower-case letters, digits, dots, dashes or underscores, a letter or digit at both ends";
  return [{ path: [], message, hint, at: "key" }];
}
