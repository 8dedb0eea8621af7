/**
 * Sentences broken between words, as wide as the terminal.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";

/** Columns below which breaking lines makes them harder to read, not easier. */
const NARROWEST = 20;
/** Characters of a sentence: longer than any hint with an address in it. */
const LONGEST = 2000;

/** `text` after `first`, in lines of at most `columns`; what follows the first line is indented as far. */
export function wrapped(text: string, columns: number, first = ""): string {
  const room = Math.max(NARROWEST, columns) - first.length;
  const lines: string[] = [];
  let line = "";
  for (const word of harmless(text, LONGEST).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && Bun.stringWidth(longer) > room) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return first + [...lines, line].join(`\n${" ".repeat(first.length)}`);
}
