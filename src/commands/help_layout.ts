/**
 * Help laid out in the columns there are: terms beside what they mean, or above it, broken between words.
 *
 * @module
 */
import type { Terminal } from "../terminal.ts";
import { wrapped } from "./wrapped_text.ts";

/** Columns of help that goes to a file or a program. */
const USUAL_COLUMNS = 80;
/** Longer lines are harder to read, however wide the terminal is. */
const MOST_COLUMNS = 100;
/** Columns for what terms mean, below which they are read more easily on lines of their own. */
const FEWEST_BESIDE = 30;
/** Columns that one long term may take from what all the others mean. */
const WIDEST_TERM = 30;
/** Columns before a term, and between it and what it means. */
const GAP = 2;
/** Columns before what a term means where it stands below. */
const BELOW = 6;

/** What ends a line of a command that goes on. */
const CONTINUED = " \\";

/** A flag, an argument, a command or an example, and what it means; empty where it says that itself. */
export interface HelpItem {
  readonly term: string;
  readonly description: string;
}

/** Columns to lay help out in. */
export function helpColumns({ dataColumns }: Pick<Terminal, "dataColumns">): number {
  return Math.min(dataColumns ?? USUAL_COLUMNS, MOST_COLUMNS);
}

/** `text` broken between words; a command that is there to be copied only where it is longer than a line. */
export function fitted(text: string, columns: number): string {
  const whole = wrapped(text, columns);
  return whole.split("\n").every((line) => Bun.stringWidth(line) <= columns)
    ? whole
    : Bun.wrapAnsi(text, columns);
}

/** Columns for the terms of a list that has one of `longest`. */
export function termColumns(longest: number): number {
  return Math.min(longest, WIDEST_TERM);
}

/** One item in a list whose terms take `termWidth`. */
export function layItem({ term, description }: HelpItem, termWidth: number, columns: number): string {
  if (description === "") return indented(Bun.wrapAnsi(term, columns - GAP), GAP);
  const start = GAP + termWidth + GAP;
  if (columns - start < FEWEST_BESIDE) {
    const meaning = indented(fitted(description, columns - BELOW), BELOW);
    return `${indented(Bun.wrapAnsi(term, columns - GAP), GAP)}\n${meaning}`;
  }
  const meaning = indented(fitted(description, columns - start), start);
  const head = " ".repeat(GAP) + term;
  return term.length > termWidth ? `${head}\n${meaning}` : head.padEnd(start) + meaning.slice(start);
}

/** Paragraphs, and between them lists of examples: the lines that are indented, `  TERM  what it means`. */
export function layNote(text: string, columns: number): string {
  return blocksOf(text)
    .map((block) => (block.startsWith(" ") ? layExamples(block, columns) : layParagraph(block, columns)))
    .join("\n");
}

/** Blank lines, indented lines that stand together, and paragraphs. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  for (const line of text.split("\n")) {
    const last = blocks.at(-1);
    const belongs = last !== undefined && kindOf(last) === kindOf(line) && line !== "";
    if (belongs) blocks.push(`${blocks.pop()}\n${line}`);
    else blocks.push(line);
  }
  return blocks;
}

function kindOf(line: string): "blank" | "example" | "paragraph" {
  if (line === "") return "blank";
  return line.startsWith(" ") ? "example" : "paragraph";
}

function layParagraph(block: string, columns: number): string {
  return fitted(block.replaceAll("\n", " "), columns);
}

/** Examples in a block are aligned with each other alone. */
function layExamples(block: string, columns: number): string {
  const items = block.split("\n").map(itemOf);
  const described = items.filter(({ description }) => description !== "");
  const width = termColumns(Math.max(...described.map(({ term }) => term.length), 0));
  return items
    .map((item) => (item.description === "" ? layCommand(item.term, columns) : layItem(item, width, columns)))
    .join("\n");
}

/** A command that is longer than a line goes on in the next as shells read it. */
function layCommand(command: string, columns: number): string {
  const room = columns - GAP;
  if (command.length <= room) return indented(command, GAP);
  const lines = Bun.wrapAnsi(command, room - CONTINUED.length).split("\n");
  return indented(lines.join(`${CONTINUED}\n`), GAP);
}

function itemOf(line: string): HelpItem {
  const [term = "", ...rest] = line.trim().split(/ {2,}/);
  return { term, description: rest.join("  ") };
}

function indented(text: string, columns: number): string {
  return text.replaceAll(/^/gm, " ".repeat(columns));
}
