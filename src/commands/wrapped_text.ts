/**
 * Sentences broken between words, as wide as the terminal.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import type { Style, Terminal } from "../terminal.ts";

/** Columns below which breaking lines makes them harder to read, not easier. */
const NARROWEST = 20;
/** Characters of a line: longer than any hint with an address in it. */
const LONGEST = 16_384;

/** Words after `keyfob` that may be commands and names of theirs: `store copy file postgres`. */
const COMMAND_WORDS = 4;
/** What further words of a command look like: flags, `--`, and names for what to put there. */
const FURTHER_WORD = /^(?:-|<|[A-Z]{2})/;
/** Where a command within a sentence is over. */
const LAST_WORD = /[,;:)]$/;

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

/** Words, and as one: commands, and a number with what it counts. */
function piecesOf(text: string): string[] {
  const words = text.split(" ");
  const pieces: string[] = [];
  while (words.length > 0) pieces.push(words.splice(0, lengthOfPiece(words)).join(" "));
  return pieces;
}

/** How many of `words` belong together with the first. */
function lengthOfPiece(words: readonly string[]): number {
  if (/^\d+$/.test(words[0] ?? "")) return 2;
  if (!/^\(?keyfob$/.test(words[0] ?? "")) return 1;
  let length = 1;
  while (length < words.length && belongs(words, length)) length += 1;
  return length;
}

function belongs(words: readonly string[], index: number): boolean {
  const [word = "", before = ""] = [words[index], words[index - 1]];
  if (LAST_WORD.test(before)) return false;
  const isOver = words.slice(0, index).includes("--");
  return index <= COMMAND_WORDS || isOver || FURTHER_WORD.test(word) || before.startsWith("--");
}
