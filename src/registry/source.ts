/**
 * One registry file: its entries as written, and what is wrong with it as a whole.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import { distrustOf } from "../private_file.ts";
import { readTrouble } from "../read_trouble.ts";
import { type JsoncDocument, type JsoncProblem, type JsonPath, parseJsonc } from "./jsonc.ts";
import { isRawObject, type RawObject } from "./merge.ts";
import type { Layer } from "./provider.ts";

/** Bytes of a registry file: forty times the whole built-in registry. */
export const LARGEST_FILE_BYTES = 8 * 1024 * 1024;

const FILE_FIELDS = ["$schema", "providers"];

/** Something wrong in a registry file. Line and column count from 1; the pointer is RFC 6901. */
export interface RegistryProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
  readonly message: string;
  readonly hint?: string;
  /** The entry that cannot be used for it; absent where it concerns the whole file. */
  readonly provider?: string;
}

/** A registry file that was read, as far as it could be. */
export interface RegistrySource {
  readonly layer: Layer;
  readonly file: string;
  /** Entries as written; null where the file removes one. */
  readonly entries: ReadonlyMap<string, RawObject | null>;
  readonly problems: readonly RegistryProblem[];
  /** Why nothing of the file is used; absent where something is. */
  readonly unused?: RegistryProblem;
  readonly document: JsoncDocument;
}

/** What a problem says, besides where it is. */
export interface ProblemText {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly provider?: string | undefined;
}

/** Reads the registry file at `path`; undefined where there is none. */
export async function readSource(path: string, layer: Layer): Promise<RegistrySource | undefined> {
  try {
    const found = await stat(path);
    // A pipe would never end, and a device need not.
    if (!found.isFile()) {
      const hint = `move it away: mv '${path}' '${path}.old'`;
      return unreadable(path, layer, { message: "it is not a regular file", hint });
    }
    const distrust = await distrustOf(path);
    if (distrust !== undefined)
      return unreadable(path, layer, { message: distrust.reason, hint: distrust.hint });
    const { size } = found;
    if (size > LARGEST_FILE_BYTES) return unreadable(path, layer, { message: "it is larger than 8 MiB" });
    return sourceOf(await readFile(path, "utf8"), path, layer);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const { reason, hint } = readTrouble(error, path);
    return unreadable(path, layer, { message: `it cannot be read: ${reason}`, hint });
  }
}

/** A source that holds nothing but the reason why. */
export function unreadable(file: string, layer: Layer, text: ProblemText): RegistrySource {
  const document = parseJsonc("");
  const unused = problemAt({ file, line: 1, column: 1 }, [], text);
  return { layer, file, entries: new Map(), document, problems: [unused], unused };
}

/** The source that `text` makes. */
export function sourceOf(text: string, file: string, layer: Layer): RegistrySource {
  const document = parseJsonc(text);
  const root = isRawObject(document.value) ? document.value : {};
  const providers = isRawObject(root["providers"]) ? root["providers"] : {};
  const isBroken = document.problems.some((problem) => problem.syntax);
  const entries = new Map<string, RawObject | null>();
  for (const [id, raw] of Object.entries(providers)) entries.set(id, isRawObject(raw) ? raw : null);
  const found = document.problems.map((problem) => documentProblem(problem, file));
  const rest = isBroken ? unsureEntries(entries, document, file) : shapeProblems(root, document, file);
  const unused = isBroken ? found[document.problems.findIndex(({ syntax }) => syntax)] : undefined;
  const problems = [...found, ...rest];
  return { layer, file, entries, document, problems, ...(unused === undefined ? {} : { unused }) };
}

/** A problem with its place in `source`; `key` points at the name of a field in place of its value. */
export function problemIn(
  source: Pick<RegistrySource, "document" | "file">,
  path: JsonPath,
  text: ProblemText & { readonly at?: "key" },
): RegistryProblem {
  return problemAt({ file: source.file, ...source.document.locate(path, text.at ?? "value") }, path, text);
}

function problemAt(
  place: { readonly file: string; readonly line: number; readonly column: number },
  path: JsonPath,
  { message, hint, provider }: ProblemText,
): RegistryProblem {
  return {
    ...place,
    pointer: path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    message: harmless(message),
    ...(hint === undefined ? {} : { hint: harmless(hint) }),
    ...(provider === undefined ? {} : { provider }),
  };
}

function documentProblem(
  { path, message, line, column, syntax, hint }: JsoncProblem,
  file: string,
): RegistryProblem {
  const provider = path[0] === "providers" && path.length > 1 ? String(path[1]) : undefined;
  const text = syntax ? { message: `not valid JSON: ${message}`, hint } : { message, provider };
  return problemAt({ file, line, column }, path, text);
}

/** After a syntax error the parser guesses, so nothing in the file is used: a half-read entry could go anywhere. */
function unsureEntries(
  entries: RegistrySource["entries"],
  document: JsoncDocument,
  file: string,
): RegistryProblem[] {
  const cause = document.problems.find((problem) => problem.syntax);
  const where = cause === undefined ? "" : `: ${cause.message} at line ${cause.line}, column ${cause.column}`;
  const message = `it stands in a file that is not valid JSON${where}`;
  return Array.from(entries.keys(), (id) =>
    problemIn({ document, file }, ["providers", id], { message, provider: id, at: "key" }),
  );
}

/** What is wrong around the entries: unknown fields of the file, or entries that are no objects. */
function shapeProblems(root: RawObject, document: JsoncDocument, file: string): RegistryProblem[] {
  const source = { document, file };
  if (!isRawObject(document.value))
    return [problemIn(source, [], { message: "must be a JSON object with `providers`" })];
  const unknown = Object.keys(root).filter((name) => !FILE_FIELDS.includes(name));
  const problems = unknown.map((name) => problemIn(source, [name], unknownField(name, FILE_FIELDS)));
  if (!isRawObject(root["providers"])) {
    const message = "`providers` must be an object of entries by id";
    return [...problems, problemIn(source, ["providers"], { message })];
  }
  for (const id in root["providers"]) {
    const raw = root["providers"][id];
    if (raw === null || isRawObject(raw)) continue;
    const message = "an entry must be an object, or null to remove it";
    problems.push(problemIn(source, ["providers", id], { message, provider: id }));
  }
  return problems;
}

/** The text for a field that nobody knows. */
export function unknownField(name: string, known: readonly string[]): ProblemText & { readonly at: "key" } {
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
  return { message: `unknown field "${name}"`, hint, at: "key" };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
