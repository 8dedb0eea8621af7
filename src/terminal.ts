/**
 * The streams of this process: data on standard output, talk on standard error, questions in the terminal.
 *
 * @module
 */
import { writeSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { UsageError } from "./errors.ts";
import { harmless } from "./hostile_text.ts";
import { errorCode, writeOut } from "./standard_output.ts";
import { clipboardSequence, hyperlink, showsHyperlinks } from "./terminal_sequences.ts";

/** How a line of talk is shown where colours are on. */
export type Style = "strong" | "quiet" | "good" | "warning" | "bad" | "picture";

/** What the program may do with its streams. Nothing is touched before it is needed. */
export interface Terminal {
  /** Whether a person can be asked: standard input and standard error are both terminals. */
  readonly interactive: boolean;
  /** Standard input; only for prompts, and only where `interactive`. */
  readonly input: ReadStream;
  /** Standard error; only for prompts. */
  readonly output: WriteStream;
  /** Width of the terminal in characters; `COLUMNS` or 80 where there is none. */
  readonly columns: number;
  /** Width of the terminal that shows standard output; undefined where it goes to a file or a program. */
  readonly dataColumns: number | undefined;
  /** Height of the terminal in lines; `LINES` or 24 where there is none. */
  readonly rows: number;
  /** Whether talk may be coloured (`NO_COLOR`, `TERM=dumb`). */
  readonly colour: boolean;
  /** Whether lines can be written over (`TERM=dumb` cannot, nor are a few columns enough). */
  readonly canRedraw: boolean;
  /**
   * Writes `text` to standard output as it is, after what was written before. A reader that has gone away is no error.
   *
   * @throws {Failed} `output_failed` where it cannot be written, as on a full disk
   */
  data(text: string): Promise<void>;
  /** Writes `text` and a line break to standard error, each line made harmless; indentation is kept. */
  say(text: string, style?: Style): void;
  /**
   * Writes `text` as a line that opens `href` when clicked. Writes nothing and returns false where the terminal is not
   * known to show links, or `href` is not a web address of printable ASCII.
   */
  link(text: string, href: string): boolean;
  /** Calls `listener` before each line of talk, so that a prompt can make room; returns the way to end that. */
  onTalk(listener: () => void): () => void;
  /** Puts `text` into the clipboard of the person's own terminal (OSC 52), which works over SSH too. */
  copy(text: string): void;
  /** Lines of standard input until it ends or `signal` aborts; then nothing holds the process any more. */
  lines(signal: AbortSignal): AsyncIterable<string>;
  /**
   * All of standard input.
   *
   * @throws {UsageError} `input_too_long` where it is longer than `limit` bytes
   * @throws the reason of `signal` when it aborts
   */
  readAll(limit: number, signal: AbortSignal): Promise<string>;
  /** Gives the terminal back as it was: cursor shown, raw mode and bracketed paste off. Safe to call at any time. */
  restore(): void;
}

/** Characters of a line where the terminal does not say. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;
/** Columns below which prompts that redraw themselves are cut within their control sequences, and show them. */
const FEWEST_COLUMNS = 20;
/** Characters of one line of talk: longer than the longest authorization address that browsers take. */
const LONGEST_LINE = 16_384;
/** Characters of one line of input. An answer is a few thousand; beyond this it is not one. */
const LONGEST_INPUT_LINE = 65_536;
/** Milliseconds to wait where the terminal is too slow to take a line, and how often. */
const BUSY_WAIT_MILLISECONDS = 10;
const BUSY_TRIES = 200;

const SHOW_CURSOR = "\u001b[?25h";
const BRACKETED_PASTE_OFF = "\u001b[?2004l";

/** SGR parameters of each style; only the sixteen colours that every theme defines. */
const SGR: Readonly<Record<Style, string>> = {
  strong: "1",
  quiet: "2",
  good: "32",
  warning: "33",
  bad: "31",
  // White on black whatever the theme: cameras read the other way round less well.
  picture: "97;40",
};

/** The terminal of this process. */
export function openTerminal(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Terminal {
  let isTouched = false;
  let written = Promise.resolve();
  const listeners = new Set<() => void>();
  const isColoured = (): boolean => isatty(2) && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  return {
    get interactive() {
      return isatty(0) && isatty(2);
    },
    get colour() {
      return isColoured();
    },
    get canRedraw() {
      return isatty(2) && environment["TERM"] !== "dumb" && this.columns >= FEWEST_COLUMNS;
    },
    get input() {
      isTouched = true;
      return process.stdin;
    },
    get output() {
      isTouched = true;
      return withSize(process.stderr);
    },
    get columns() {
      return (isatty(2) ? process.stderr.columns : Number(environment["COLUMNS"])) || USUAL_COLUMNS;
    },
    get dataColumns() {
      return isatty(1) ? process.stdout.columns || this.columns : undefined;
    },
    get rows() {
      return (isatty(2) ? process.stderr.rows : Number(environment["LINES"])) || USUAL_ROWS;
    },
    data: (text) => (written = written.catch(() => {}).then(() => writeOut(text))),
    say(text, style) {
      for (const listener of listeners) listener();
      writeTalk(`${decorate(text, isColoured() ? style : undefined)}\n`);
    },
    link(text, href) {
      const isPrintable = /^https?:\/\/[\x21-\x7e]+$/.test(href);
      if (!isPrintable || !isatty(2) || !showsHyperlinks(environment)) return false;
      for (const listener of listeners) listener();
      writeTalk(`${hyperlink(harmless(text, LONGEST_LINE), href)}\n`);
      return true;
    },
    onTalk(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    copy: (text) => writeTalk(clipboardSequence(text, environment)),
    lines: readLines,
    readAll,
    restore() {
      if (!isTouched) return;
      if (isatty(0)) process.stdin.setRawMode(false);
      if (isatty(2)) writeTalk(SHOW_CURSOR + BRACKETED_PASTE_OFF);
    },
  };
}

/** Loaded on demand: the module brings all of node:net along, and what programs read asks nothing of a terminal. */
function isatty(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** A terminal that does not know its size says 0; prompts would put every letter on a line of its own. */
function withSize(stream: WriteStream): WriteStream {
  if (stream.columns === 0)
    Object.defineProperty(stream, "columns", { value: USUAL_COLUMNS, writable: true });
  if (stream.rows === 0) Object.defineProperty(stream, "rows", { value: USUAL_ROWS, writable: true });
  return stream;
}

function decorate(text: string, style: Style | undefined): string {
  return text
    .split("\n")
    .map((line) => (/^ */.exec(line)?.[0] ?? "") + harmless(line, LONGEST_LINE))
    .map((line) => (style === undefined || line === "" ? line : `\u001b[${SGR[style]}m${line}\u001b[0m`))
    .join("\n");
}

/** Writes at once: a message must be out before the process ends, whatever ends it. */
function writeTalk(text: string): void {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < BUSY_TRIES; tries++) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      // Nobody reads talk any more (EPIPE, EIO after a hang-up): that ends no login.
      if (errorCode(error) !== "EAGAIN") return;
      Bun.sleepSync(BUSY_WAIT_MILLISECONDS);
    }
  }
}

async function* readLines(signal: AbortSignal): AsyncGenerator<string> {
  if (signal.aborted) return;
  let rest = "";
  for await (const text of readInput(signal)) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield line;
      await oneTurn();
      if (signal.aborted) return;
    }
    if (rest.length > LONGEST_INPUT_LINE) {
      yield rest;
      rest = "";
    }
  }
  if (rest !== "" && !signal.aborted) yield rest;
}

/** Lets timers and signals have their turn: whoever takes lines without a wait would keep them out for ever. */
function oneTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Pieces of standard input. An open reader would hold the process, so it is cancelled however this ends. */
async function* readInput(signal: AbortSignal): AsyncGenerator<string> {
  const reader = Bun.stdin.stream().getReader();
  const decoder = new TextDecoder();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await readPiece(reader);
      if (done || signal.aborted) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

interface Piece {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** A closed or unreadable standard input is an empty one. */
async function readPiece(reader: { read(): Promise<Piece> }): Promise<Piece> {
  try {
    return await reader.read();
  } catch {
    return { done: true };
  }
}

async function readAll(limit: number, signal: AbortSignal): Promise<string> {
  let text = "";
  for await (const piece of readInput(signal)) {
    text += piece;
    if (Buffer.byteLength(text) > limit) {
      throw new UsageError(`Cannot read standard input: it is longer than ${limit} bytes`, {
        code: "input_too_long",
      });
    }
  }
  signal.throwIfAborted();
  return text;
}
