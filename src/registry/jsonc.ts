/**
 * JSON with comments and trailing commas, read into plain values that know their line and column.
 *
 * @module
 */
import {
  createScanner,
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { readPlainJson } from "./plain_json.ts";

/** Levels a document may be nested: no entry needs ten, and the parser recurses. */
const DEEPEST = 64;

/** Syntax errors that are told: after the first few the parser only guesses. */
const MOST_ERRORS = 10;

/** What would be right, by what jsonc-parser says is wrong. */
const REMEDIES: Readonly<Record<string, string>> = {
  InvalidSymbol: "text stands in double quotes; true, false, null and numbers stand as they are",
  InvalidNumberFormat: "write a number such as 60, or text in double quotes",
  PropertyNameExpected: "the name of a field stands here, in double quotes",
  ValueExpected: "a value stands here: text in double quotes, a number, true, false, null, {…} or […]",
  ColonExpected: "a colon stands between the name of a field and its value",
  CommaExpected: "a comma stands between two fields or values",
  CloseBraceExpected: 'end the object with "}"; the file may be cut off',
  CloseBracketExpected: 'end the list with "]"; the file may be cut off',
  EndOfFileExpected: "nothing may follow the end of the document: a bracket may be closed too early",
  UnexpectedEndOfComment: 'end the comment with "*/"',
  UnexpectedEndOfString: "end the text with a double quote on the same line",
  UnexpectedEndOfNumber: "write the number out, such as 1.5",
  InvalidUnicode: "write four hex digits after \\u",
  InvalidEscapeCharacter: 'write a backslash in text twice: "\\\\"',
  InvalidCharacter: "take this character out, or write it as an escape such as \\n",
};

/** Token kinds of jsonc-parser's scanner, whose `const enum` cannot be imported one file at a time. */
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const END_OF_FILE = 17;

/** A key or index for each level. */
export type JsonPath = readonly (string | number)[];

/** A place in a document; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a document, and where. */
export interface JsoncProblem extends Place {
  readonly message: string;
  /** What would be right, where that can be told. */
  readonly hint?: string | undefined;
  readonly path: JsonPath;
  /** Whether the text is not JSON at all, so that the rest of it is a guess. */
  readonly syntax: boolean;
}

/** A document read as far as it can be. */
export interface JsoncDocument {
  readonly value: unknown;
  readonly problems: readonly JsoncProblem[];
  /** Where the value at `path` stands, or its key; the nearest ancestor where there is no such value. */
  locate(path: JsonPath, what?: "value" | "key"): Place;
}

/** Reads `text`. Never throws: what is wrong is in `problems`. Keys like `__proto__` are refused, repeated ones too. */
export function parseJsonc(text: string): JsoncDocument {
  const body = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  const plain = readPlainJson(body, DEEPEST);
  if (plain === undefined) return parseCarefully(body);
  let careful: JsoncDocument | undefined;
  const locate: JsoncDocument["locate"] = (path, what) =>
    (careful ??= parseCarefully(body)).locate(path, what);
  return { value: plain.value, problems: [], locate };
}

/** By a tree whose nodes know where they stand. */
function parseCarefully(body: string): JsoncDocument {
  const starts = lineStarts(body);
  if (isTooDeep(body)) {
    const message = `it is nested deeper than ${DEEPEST} levels`;
    const problem = { message, path: [], syntax: true, line: 1, column: 1 };
    return { value: undefined, problems: [problem], locate: () => ({ line: 1, column: 1 }) };
  }
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { allowTrailingComma: true });
  // Two braces that are missing at the end are one mistake to the person who reads of them.
  const mistakes = new Map(errors.map((mistake) => [`${mistake.error} ${mistake.offset}`, mistake]));
  const problems: JsoncProblem[] = [...mistakes.values()].slice(0, MOST_ERRORS).map(({ error, offset }) => {
    const { line, column } = placeOf(offset, starts);
    const code = printParseErrorCode(error);
    return { message: sentence(code), hint: REMEDIES[code], path: [], syntax: true, line, column };
  });
  const value =
    root &&
    plain(root, [], (offset, path, message) => {
      problems.push({ message, path, syntax: false, ...placeOf(offset, starts) });
    });
  return { value, problems, locate: (path, what) => placeOf(offsetOf(root, path, what), starts) };
}

function isTooDeep(text: string): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END_OF_FILE; token = scanner.scan()) {
    if (token === OPEN_BRACE || token === OPEN_BRACKET) depth += 1;
    if (token === CLOSE_BRACE || token === CLOSE_BRACKET) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

type Report = (offset: number, path: JsonPath, message: string) => void;

/** The node as a plain value. Built by definition, never by assignment: `__proto__` must not reach a prototype. */
function plain(node: Node, path: JsonPath, report: Report): unknown {
  const children = node.children ?? [];
  if (node.type === "array") return children.map((child, index) => plain(child, [...path, index], report));
  if (node.type !== "object") return node.value;
  const object: Record<string, unknown> = {};
  for (const property of children) addProperty(object, property, { path, report });
  return object;
}

function addProperty(
  object: Record<string, unknown>,
  property: Node,
  { path, report }: { readonly path: JsonPath; readonly report: Report },
): void {
  const [key, value] = property.children ?? [];
  if (key === undefined || value === undefined) return;
  const name = String(key.value);
  const here = [...path, name];
  if (name === "__proto__") return report(key.offset, here, '"__proto__" cannot be a field');
  if (Object.hasOwn(object, name)) return report(key.offset, here, `"${name}" stands here twice`);
  object[name] = plain(value, here, report);
}

function offsetOf(root: Node | undefined, path: JsonPath, what: "value" | "key" = "value"): number {
  if (root === undefined) return 0;
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node === undefined) continue;
    const isKey = what === "key" && length === path.length && node.parent?.type === "property";
    return isKey ? (node.parent?.offset ?? node.offset) : node.offset;
  }
  return root.offset;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}

/** The last line that starts at or before `offset`, by halving: a large file has many problems at worst. */
function placeOf(offset: number, starts: readonly number[]): Place {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

/** `CommaExpected` as `comma expected`. */
function sentence(code: string): string {
  return code.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
