/**
 * Plain tables: columns two spaces apart, no boxes, so that `cut`, `grep` and people can read them.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";

interface Cell {
  readonly text: string;
  /** Columns that it takes on the screen. */
  readonly width: number;
}

/** What stands between two cells. */
const GAP = "  ";
/** What stands before the further lines of a row that has no room beside its first cell. */
const INDENT = "  ";
/** Columns of a cell below which breaking it makes a row harder to read than laying it over several lines. */
const NARROWEST_CELL = 16;

/** One row, and what is to be said of it as a sentence below it. */
export interface NotedRow {
  readonly cells: readonly string[];
  readonly note?: string | undefined;
}

/**
 * `rows` below `heading`, ended by a line break. Where they are wider than `columns`, the widest cells are broken
 * between words; where that is not enough either, the cells of each row stand below its first one.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Infinity,
): string {
  return notedTable(
    heading,
    rows.map((cells) => ({ cells })),
    columns,
  );
}

/** A table some of whose rows have a note, broken between words at `columns`. */
export function notedTable(
  heading: readonly string[],
  rows: readonly NotedRow[],
  columns = Infinity,
): string {
  const lines = [heading, ...rows.map(({ cells }) => cells)].map((row) => row.map(cellOf));
  const widths = fittedWidths(lines, columns);
  const [first = [], ...others] = lines;
  const laid = others.map(
    (line, index) =>
      (widths === undefined ? stack(line, columns) : lay(line, widths)) + layNote(rows[index]?.note, columns),
  );
  return (widths === undefined ? "" : lay(first, widths)) + laid.join("");
}

function cellOf(value: string): Cell {
  const text = harmless(value);
  return { text, width: Bun.stringWidth(text) };
}

/** Widths that the columns may have, undefined where the first column and readable others do not fit beside each other. */
function fittedWidths(lines: readonly (readonly Cell[])[], columns: number): number[] | undefined {
  const widths = (lines[0] ?? []).map((_, column) => widest(lines, column));
  const excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - columns;
  if (excess <= 0) return widths;
  const others = widths.slice(1);
  const broad = 1 + others.indexOf(Math.max(...others));
  const narrowed = (widths[broad] ?? 0) - excess;
  const isReadable = narrowed >= Math.max(NARROWEST_CELL, longestWord(lines, broad));
  return isReadable ? widths.with(broad, narrowed) : undefined;
}

/** Not `Math.max(...)`: a list may have more rows than a call has room for arguments. */
function widest(lines: readonly (readonly Cell[])[], column: number): number {
  return lines.reduce((most, line) => Math.max(most, line[column]?.width ?? 0), 0);
}

function longestWord(lines: readonly (readonly Cell[])[], column: number): number {
  const words = lines.flatMap((line) => line[column]?.text.split(" ") ?? []);
  return words.reduce((most, word) => Math.max(most, Bun.stringWidth(word)), 0);
}

/** One row: a line, or several where a cell is wider than its column. */
function lay(line: readonly Cell[], widths: readonly number[]): string {
  const cells = line.map((cell, column) => brokenAt(cell, widths[column] ?? 0));
  const height = cells.reduce((most, { length }) => Math.max(most, length), 1);
  return Array.from({ length: height }, (_, row) => {
    const texts = cells.map((parts, column) => padded(parts[row] ?? "", widths[column] ?? 0));
    return `${texts.join(GAP).trimEnd()}\n`;
  }).join("");
}

function brokenAt({ text, width }: Cell, columns: number): string[] {
  return width <= columns ? [text] : Bun.wrapAnsi(text, columns).split("\n");
}

function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - Bun.stringWidth(text)));
}

/** The first cell, and below it as many of the others on each line as fit. */
function stack([first, ...others]: readonly Cell[], columns: number): string {
  const room = columns - INDENT.length;
  const lines: Cell[] = [];
  for (const cell of others.filter(({ width }) => width > 0)) {
    const before = lines.at(-1);
    const together = (before?.width ?? Infinity) + GAP.length + cell.width;
    if (before === undefined || together > room) lines.push(cell);
    else lines.splice(-1, 1, { text: before.text + GAP + cell.text, width: together });
  }
  return `${first?.text ?? ""}\n${lines.map(({ text }) => indented(text, room)).join("")}`;
}

function layNote(note: string | undefined, columns: number): string {
  return note === undefined ? "" : indented(harmless(note), columns - INDENT.length);
}

function indented(text: string, room: number): string {
  const lines = room === Infinity ? [text] : Bun.wrapAnsi(text, room).split("\n");
  return lines.map((line) => `${INDENT}${line}\n`).join("");
}
