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

/** `rows` below `heading`, ended by a line break. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows].map((row) => row.map(cellOf));
  const widths = heading.map((_, column) => widest(lines, column));
  return lines.map((line) => `${lay(line, widths).trimEnd()}\n`).join("");
}

function cellOf(value: string): Cell {
  const text = harmless(value);
  return { text, width: Bun.stringWidth(text) };
}

/** Not `Math.max(...)`: a list may have more rows than a call has room for arguments. */
function widest(lines: readonly (readonly Cell[])[], column: number): number {
  return lines.reduce((most, line) => Math.max(most, line[column]?.width ?? 0), 0);
}

function lay(line: readonly Cell[], widths: readonly number[]): string {
  return line
    .map(({ text, width }, column) => text + " ".repeat(Math.max(0, (widths[column] ?? 0) - width)))
    .join("  ");
}
