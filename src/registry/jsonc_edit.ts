/**
 * Changes JSON with comments in place: comments, order and the way it is indented stay.
 *
 * @module
 */
import { findNodeAtLocation, modify, type Node, applyEdits, parseTree } from "jsonc-parser";
import { isDeepStrictEqual } from "node:util";
import { type JsonPath, parseJsonc } from "./jsonc.ts";

/** How a document is laid out. */
interface Layout {
  readonly unit: string;
  readonly lineBreak: string;
}

/** Where a property goes. */
interface Place {
  readonly text: string;
  readonly object: Node;
  readonly layout: Layout;
}

const BLOCK_COMMENT = String.raw`\/\*(?:(?!\*\/)[^\n])*\*\/`;
/** What may follow a value on its line: comments, a comma. */
const REST_OF_LINE = new RegExp(
  String.raw`(?:[ \t]|${BLOCK_COMMENT})*(,?)(?:[ \t]|${BLOCK_COMMENT})*(?:\/\/[^\r\n]*)?`,
  "y",
);

/**
 * `text` with `value` at `path`. Objects on the way that are missing are made; new fields come last in theirs.
 * `text` must be free of syntax errors; empty text is an empty document.
 */
export function editJsonc(text: string, path: JsonPath, value: unknown): string {
  if (text.startsWith("\uFEFF")) return `\uFEFF${editJsonc(text.slice(1), path, value)}`;
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) return `${text}${JSON.stringify(nest(path, value), null, 2)}\n`;
  const layout = layoutOf(text);
  const reached = reach(root, path);
  const inner = nest(path.slice(reached.depth + 1), value);
  const name = path[reached.depth];
  if (reached.node.type !== "object" || name === undefined)
    return overwrite(text, path.slice(0, reached.depth), {
      value: nest(path.slice(reached.depth), value),
      layout,
    });
  const inserted = insert({ text, object: reached.node, layout }, String(name), inner);
  const isRight = isDeepStrictEqual(valueAt(inserted, path), value);
  return isRight ? inserted : overwrite(text, path, { value, layout });
}

/**
 * `text` without what stands at `path`, and the comment beside it; all other lines stay. `text` must be free of syntax
 * errors.
 */
export function removeJsonc(text: string, path: JsonPath): string {
  if (text.startsWith("\uFEFF")) return `\uFEFF${removeJsonc(text.slice(1), path)}`;
  const root = parseTree(text, [], { allowTrailingComma: true });
  const property = root === undefined ? undefined : findNodeAtLocation(root, [...path])?.parent;
  if (property?.parent === undefined) return text;
  const rest = valueAt(text, path.slice(0, -1)) as Record<string, unknown>;
  const { [String(path.at(-1))]: _removed, ...wanted } = rest;
  const removed = cutLines(text, property, property.parent);
  const isRight = isDeepStrictEqual(valueAt(removed, path.slice(0, -1)), wanted);
  return isRight ? removed : overwrite(text, path, { value: undefined, layout: layoutOf(text) });
}

/** Without the lines of `property`, and without the comma before it where nothing follows any more. */
function cutLines(text: string, property: Node, object: Node): string {
  const start = text.lastIndexOf("\n", property.offset) + 1;
  REST_OF_LINE.lastIndex = endOf(property);
  const [beside = "", comma = ""] = REST_OF_LINE.exec(text) ?? [];
  const after = /\r?\n/y;
  after.lastIndex = endOf(property) + beside.length;
  const lineBreak = after.exec(text)?.[0];
  const isAlone = text.slice(start, property.offset).trim() === "" && lineBreak !== undefined;
  if (!isAlone) return text;
  const tail = text.slice(after.lastIndex);
  const before = object.children?.[object.children.indexOf(property) - 1];
  if (comma !== "" || before === undefined) return text.slice(0, start) + tail;
  const between = text.slice(endOf(before), start).replace(",", "");
  return text.slice(0, endOf(before)) + between + tail;
}

/** The deepest node on the way to `path` that exists, and how many keys lead to it. */
function reach(root: Node, path: JsonPath): { readonly node: Node; readonly depth: number } {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, depth));
    if (node !== undefined) return { node, depth };
  }
  return { node: root, depth: 0 };
}

function nest(path: JsonPath, value: unknown): unknown {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value);
}

function overwrite(
  text: string,
  path: JsonPath,
  { value, layout }: { value: unknown; layout: Layout },
): string {
  const formattingOptions = {
    insertSpaces: !layout.unit.startsWith("\t"),
    tabSize: layout.unit.startsWith("\t") ? 1 : layout.unit.length,
    eol: layout.lineBreak,
  };
  return applyEdits(text, modify(text, [...path], value, { formattingOptions }));
}

function insert(place: Place, name: string, value: unknown): string {
  const { text, object } = place;
  const last = object.children?.at(-1);
  const inside = text.slice(object.offset + 1, endOf(object) - 1);
  if (last !== undefined && !inside.includes("\n")) return insertInLine(place, last, { name, value });
  return last === undefined ? insertFirst(place, { name, value }) : insertAfter(place, last, { name, value });
}

interface Property {
  readonly name: string;
  readonly value: unknown;
}

function insertInLine({ text }: Place, last: Node, { name, value }: Property): string {
  const end = endOf(last);
  const space = /[:,]\s/.test(text.slice(last.offset, end)) ? " " : "";
  return `${text.slice(0, end)},${space}${JSON.stringify(name)}:${space}${JSON.stringify(value)}${text.slice(end)}`;
}

/** Into an object without fields, below its comments. */
function insertFirst({ text, object, layout }: Place, property: Property): string {
  const brace = endOf(object) - 1;
  const before = text.slice(0, brace).trimEnd();
  const outer = indentAt(text, object.offset);
  const written = write(property, outer + layout.unit, layout);
  return `${before}${layout.lineBreak}${written}${layout.lineBreak}${outer}${text.slice(brace)}`;
}

/** Below the last field and the comment that stands beside it. */
function insertAfter({ text, object, layout }: Place, last: Node, property: Property): string {
  const end = endOf(last);
  REST_OF_LINE.lastIndex = end;
  const [beside = "", comma = ""] = REST_OF_LINE.exec(text) ?? [];
  const line = text.slice(0, end) + (comma === "" ? "," : "") + beside;
  const written = write(property, indentAt(text, last.offset), layout) + comma;
  const rest = text.slice(end + beside.length);
  const isBraceNext = rest.trimStart().startsWith("}") && !/^\s*\n/.test(rest);
  const tail = isBraceNext ? `${layout.lineBreak}${indentAt(text, object.offset)}${rest.trimStart()}` : rest;
  return `${line.trimEnd()}${layout.lineBreak}${written}${tail}`;
}

function write({ name, value }: Property, indent: string, { unit, lineBreak }: Layout): string {
  const lines = `${JSON.stringify(name)}: ${JSON.stringify(value, null, unit)}`.split("\n");
  return lines.map((line) => indent + line).join(lineBreak);
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

/** White space that the line of `offset` starts with. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))?.[0] ?? "";
}

function layoutOf(text: string): Layout {
  const unit = /\n([ \t]+)["{[]/.exec(text)?.[1] ?? "  ";
  return { unit: unit.startsWith("\t") ? "\t" : unit, lineBreak: text.includes("\r\n") ? "\r\n" : "\n" };
}

function valueAt(text: string, path: JsonPath): unknown {
  const { value, problems } = parseJsonc(text);
  if (problems.some(({ syntax }) => syntax)) return undefined;
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<string | number, unknown>)[name]
        : undefined,
    value,
  );
}
