/**
 * What the registry files of this installation say of a provider, fit to be read on another machine.
 *
 * @module
 */
import { type Catalog, chainOf } from "./chain.ts";
import { isRawObject, type RawObject } from "./merge.ts";
import { shareable } from "./redaction.ts";

/** Entries by provider id, as a registry file holds them under `providers`; without secrets. */
export type OwnWords = Readonly<Record<string, RawObject>>;

/**
 * The files' entries of `id` and of those it extends; what ships with keyfob is left out, since it is there too.
 *
 * @throws {ConfigurationError} code `broken_entry` for an unknown parent or a circle
 */
export function ownWords(catalog: Catalog, id: string): OwnWords {
  const words = new Map<string, RawObject>();
  for (const contribution of chainOf(catalog, id)) {
    if (contribution.layer === "built-in") continue;
    const before = words.get(contribution.id) ?? {};
    words.set(contribution.id, contribution.raws.reduce(overlay, before));
  }
  return Object.fromEntries([...words].map(([name, entry]) => [name, shareable(entry)]));
}

/** As `merge`, but a null stays: below it may be something to delete on the other machine. */
function overlay(lower: RawObject, upper: RawObject): RawObject {
  const laid = Object.entries(upper).map(([name, value]): [string, unknown] => {
    const below = lower[name];
    return [name, isRawObject(below) && isRawObject(value) ? overlay(below, value) : value];
  });
  return { ...lower, ...Object.fromEntries(laid) };
}
