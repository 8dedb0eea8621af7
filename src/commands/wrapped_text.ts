/**
 * Sentences broken between words, as wide as the terminal.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import type { Style, Terminal } from "../terminal.ts";
import { commandLength } from "./copied_command.ts";

/** Columns below which breaking lines makes them harder to read, not easier. */
const NARROWEST = 20;
/** Characters of a line: longer than any hint with an address in it. */
const LONGEST = 16_384;

/** Columns to break talk at: nobody's where it does not go to a terminal, so that a log keeps its lines whole. */
export function talkColumns({ canRedraw, columns }: Pick<Terminal, "canRedraw" | "columns">): number {
  return canRedraw ? columns : Infinity;
}

/** Says a sentence on standard error. */
export function sayWrapped(
  terminal: Pick<Terminal, "canRedraw" | "columns" | "say">,
  text: string,
  style?: Style,
): void {
  terminal.say(wrapped(text, talkColumns(terminal)), style);
}

/**
 * `text` after `first`, in lines of at most `columns`; what follows the first line is indented as far. Commands are
 * not broken, since they are there to be copied.
 */
export function wrapped(text: string, columns: number, first = ""): string {
  const room = Math.max(NARROWEST, columns) - first.length;
  const lines = text.split("\n").flatMap((line) => wrapLine(harmless(line, LONGEST), room));
  return first + lines.join(`\n${" ".repeat(first.length)}`);
}

function wrapLine(text: string, room: number): string[] {
  if (text.startsWith("ssh ")) return [text];
  const lines: string[] = [];
  let line = "";
  for (const piece of piecesOf(text)) {
    const longer = line === "" ? piece : `${line} ${piece}`;
    if (line !== "" && Bun.stringWidth(longer) > room) {
      lines.push(line);
      line = piece;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** Words, and as one: commands, quoted paths, and a number with what it counts. */
function piecesOf(text: string): string[] {
  const words = text.split(" ");
  const pieces: string[] = [];
  while (words.length > 0) pieces.push(words.splice(0, lengthOfPiece(words)).join(" "));
  return pieces;
}

/** How many of `words` belong together with the first. */
function lengthOfPiece(words: readonly string[]): number {
  return /^\d+$/.test(words[0] ?? "") ? 2 : commandLength(words);
}
