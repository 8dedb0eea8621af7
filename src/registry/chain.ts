/**
 * What the layers say about one provider, its parents' word first.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { merge, type RawObject } from "./merge.ts";
import type { Layer } from "./provider.ts";
import type { Entry } from "./schema.ts";
import type { RegistrySource } from "./source.ts";

/** Parents above one another: more than anybody needs, few enough to look at all of them each time. */
const MOST_PARENTS = 16;

/** Everything that was read. */
export interface Catalog {
  readonly builtIn: ReadonlyMap<string, RawObject>;
  /** System and user files, lowest first. */
  readonly sources: readonly RegistrySource[];
}

/** What one layer says about one provider. */
export interface Contribution {
  readonly layer: Layer;
  readonly id: string;
  /** As written, one after the other. */
  readonly raws: readonly RawObject[];
  /** Files it stands in; none for the built-in registry and flags. */
  readonly sources: readonly RegistrySource[];
}

/** Every id that exists, sorted. */
export function knownIds(catalog: Catalog): string[] {
  const ids = new Set(catalog.builtIn.keys());
  for (const { entries } of catalog.sources) {
    for (const [id, raw] of entries) {
      if (raw === null) ids.delete(id);
      else ids.add(id);
    }
  }
  return [...ids].sort();
}

/** Whether some layer describes `id` and no higher one removes it. */
export function isKnown({ builtIn, sources }: Catalog, id: string): boolean {
  const last = sources.findLast(({ entries }) => entries.has(id));
  return last === undefined ? builtIn.has(id) : last.entries.get(id) !== null;
}

/** The only file entry that speaks of `id`, where nothing else does; undefined where several do, or none. */
export function onlyWord(
  { builtIn, sources }: Catalog,
  id: string,
): { readonly source: RegistrySource; readonly raw: RawObject } | undefined {
  let found: { readonly source: RegistrySource; readonly raw: RawObject } | undefined;
  for (const source of sources) {
    const raw = source.entries.get(id);
    if (raw === undefined) continue;
    if (raw === null || found !== undefined) return undefined;
    found = { source, raw };
  }
  return builtIn.has(id) ? undefined : found;
}

/**
 * Contributions to `id`, lowest first: those to its parent, then its own by layer.
 *
 * @throws {ConfigurationError} code `broken_entry` for an unknown parent or a circle
 */
export function chainOf(catalog: Catalog, id: string, heirs: readonly string[] = []): Contribution[] {
  const own = contributionsTo(catalog, id);
  const { extends: parent } = fold(own);
  if (parent === undefined) return own;
  const line = [...heirs, id];
  if (line.length > MOST_PARENTS) throw brokenParent(id, `it has more than ${MOST_PARENTS} parents`);
  if (line.includes(parent))
    throw brokenParent(id, `"extends" goes in a circle: ${[...line, parent].join(" -> ")}`);
  if (!isKnown(catalog, parent)) {
    const meant = nearest(parent, knownIds(catalog));
    const hint = meant === undefined ? undefined : `did you mean "${meant}"?`;
    throw brokenParent(id, `it extends "${parent}", which does not exist`, hint);
  }
  return [...chainOf(catalog, parent, line), ...own];
}

/**
 * The entry that `contributions` make together. Each was validated by itself, and merging valid parts keeps them
 * valid: see `merge.ts`.
 */
export function fold(contributions: readonly Contribution[]): Entry {
  return contributions
    .flatMap(({ raws }) => raws)
    .reduce<RawObject>((entry, raw) => merge(withoutUntrueNotice(entry, raw), raw), {});
}

/** A notice that came with a client speaks of that client; where another client replaces it, it is no longer true. */
function withoutUntrueNotice(entry: RawObject, raw: RawObject): RawObject {
  const { notice, ...rest } = entry;
  const isOtherClient = raw["client_id"] !== undefined && raw["client_id"] !== entry["client_id"];
  return notice !== undefined && entry["client_id"] !== undefined && isOtherClient ? rest : entry;
}

/** One contribution a layer; all files of a layer speak with one voice. A removal forgets everything below it. */
export function contributionsTo({ builtIn, sources }: Catalog, id: string): Contribution[] {
  const shipped = builtIn.get(id);
  let found: Contribution[] =
    shipped === undefined ? [] : [{ layer: "built-in", id, raws: [shipped], sources: [] }];
  for (const source of sources) {
    const raw = source.entries.get(id);
    if (raw === null) found = [];
    if (raw === null || raw === undefined) continue;
    const last = found.at(-1);
    if (last?.layer === source.layer) {
      found[found.length - 1] = { ...last, raws: [...last.raws, raw], sources: [...last.sources, source] };
    } else {
      found.push({ layer: source.layer, id, raws: [raw], sources: [source] });
    }
  }
  return found;
}

function brokenParent(id: string, reason: string, hint?: string): ConfigurationError {
  return new ConfigurationError(`Cannot use "${id}": ${reason}`, {
    code: "broken_entry",
    ...(hint === undefined ? {} : { hint }),
  });
}
