/**
 * Freeing a pasted text from what terminals, chats and mail wrap around it.
 *
 * @module
 */
import { withoutEnd, withoutStart } from "./edges.ts";

// oxlint-disable-next-line no-control-regex -- terminals send these
const TERMINAL_SEQUENCES = /(?:\u001b|\^\[)?\[20[01]~|\u001b\[[0-9;?]*[A-Za-z~]/g;
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- control characters are what this pattern is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** What a box or a quotation puts at the start and end of a line. */
const LINE_START = /[\s│┃║|▏▕┆┊>]/;
const LINE_END = /[\s│┃║|▏▕┆┊]/;
/** The top, bottom and rules of a box. */
const BOX_RULE = /^[\s─━═╭╮╰╯┌┐└┘├┤╔╗╚╝┏┓┗┛+-]*$/;

/** Pairs and marks that people and programs put around an address. */
const OPENING = /[\s"'`<([{“”‘’«»„]/;
const CLOSING = /[\s"'`>)\]}“”‘’«»]/;

/** The lines of a paste without box bars, quotation marks, terminal sequences and invisible characters. */
export function pastedLines(text: string): string[] {
  const lines = text
    .replace(TERMINAL_SEQUENCES, "")
    .replace(INVISIBLE, "")
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .filter((line) => !BOX_RULE.test(line))
    .map((line) => withoutEnd(withoutStart(line, LINE_START), LINE_END))
    .filter((line) => line !== "");
  return unwrapped(lines);
}

/** Takes wrappers off the whole, not off each line: a line may end in a bracket that belongs to the address. */
function unwrapped(lines: readonly string[]): string[] {
  const joined = withoutEnd(withoutStart(lines.join("\n"), OPENING), CLOSING);
  return joined === "" ? [] : joined.split("\n");
}
