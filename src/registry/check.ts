/**
 * Finds every problem of registry entries, each with its file, line and column.
 *
 * @module
 */
import { nearest } from "../nearest.ts";
import { type Catalog, chainOf, fold, isKnown, knownIds, onlyWord } from "./chain.ts";
import { KeyfobError } from "../errors.ts";
import { builtInEntries } from "./layers.ts";
import { meaningProblems, type Surroundings } from "./meaning_problems.ts";
import { type RawObject, withoutDeletions } from "./merge.ts";
import { isPlain } from "./plain_entry.ts";
import type { Entry } from "./schema.ts";
import type { PlacedText } from "./misfits.ts";
import { schemaProblems } from "./schema_problems.ts";
import { problemIn, readSource, type RegistryProblem, type RegistrySource, unreadable } from "./source.ts";

/**
 * Every problem of the one file at `path`, read as the user's over the built-in registry.
 * A file that cannot be read is one problem.
 */
export async function checkFile(path: string): Promise<RegistryProblem[]> {
  const source =
    (await readSource(path, "user")) ?? unreadable(path, "user", { message: "there is no such file" });
  return sourceProblems({ builtIn: builtInEntries(), sources: [source] }, source);
}

/** The ids of the entries in the file at `path`; none where it cannot be read. */
export async function readIds(path: string): Promise<string[]> {
  const entries = (await readSource(path, "user"))?.entries ?? new Map<string, RawObject | null>();
  return Array.from(entries).flatMap(([id, raw]) => (raw === null ? [] : [id]));
}

/** Every problem of `source`, one file of `catalog`: those of the whole file, then the others in its order. */
export function sourceProblems(catalog: Catalog, source: RegistrySource): RegistryProblem[] {
  const found = Array.from(source.entries.keys()).flatMap((id) => entryProblems(catalog, source, id));
  return [...source.problems, ...found].sort(byPlace);
}

function byPlace(one: RegistryProblem, other: RegistryProblem): number {
  const wholeFirst = Number(one.provider !== undefined) - Number(other.provider !== undefined);
  return wholeFirst || one.line - other.line || one.column - other.column;
}

/** What is wrong with the entry of `id` in `source`, besides what {@link RegistrySource.problems} says already. */
export function entryProblems(catalog: Catalog, source: RegistrySource, id: string): RegistryProblem[] {
  const raw = source.entries.get(id);
  if (raw === undefined || raw === null) return [];
  if (isPlain(id, raw) && onlyWord(catalog, id) !== undefined) return [];
  return entryTexts(catalog, id, raw).map(({ path, ...text }) =>
    problemIn(source, ["providers", id, ...path], { ...text, provider: id }),
  );
}

function entryTexts(catalog: Catalog, id: string, raw: RawObject): PlacedText[] {
  const shape = schemaProblems(id, raw);
  if (shape.length > 0) return shape;
  const parent = parentProblems(catalog, id, raw);
  if (parent.length > 0) return parent;
  const whole = wholeEntry(catalog, id);
  return [...meaningProblems(withoutDeletions(raw), surroundingsOf(whole)), ...endpointProblems(whole)];
}

function parentProblems(catalog: Catalog, id: string, raw: RawObject): PlacedText[] {
  const parent = raw["extends"];
  if (typeof parent !== "string") return [];
  const path = ["extends"];
  if (!isKnown(catalog, parent)) {
    const meant = nearest(parent, knownIds(catalog));
    return [
      {
        path,
        message: `"${parent}" does not exist`,
        hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
      },
    ];
  }
  try {
    chainOf(catalog, id);
    return [];
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    return [{ path, message: failure.message, hint: failure.hint }];
  }
}

/** All layers together; an entry alone where a parent above or below it is broken, which is told elsewhere. */
function wholeEntry(catalog: Catalog, id: string): Entry {
  try {
    return fold(chainOf(catalog, id));
  } catch (failure) {
    if (failure instanceof KeyfobError) return {};
    throw failure;
  }
}

function surroundingsOf(entry: Entry): Surroundings {
  return { variables: Object.keys(entry.variables ?? {}), hosts: entry.hosts ?? {} };
}

/** Without a token endpoint, and without an issuer to learn it from, nothing can ever come of a login. */
function endpointProblems(entry: Entry): PlacedText[] {
  const discovers = entry.issuer !== undefined && entry.discovery !== "off";
  if (discovers || entry.token_endpoint !== undefined || entry.token?.endpoint !== undefined) return [];
  const hint = 'add "issuer", or "authorization_endpoint" and "token_endpoint"';
  return [
    { path: [], message: "it has neither an issuer to discover nor a token_endpoint", hint, at: "key" },
  ];
}
