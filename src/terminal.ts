/**
 * The streams of this process: data on standard output, talk on standard error, questions in the terminal.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { ReadStream, WriteStream } from "node:tty";
import { Failed, UsageError } from "./errors.ts";
import { harmless } from "./hostile_text.ts";

/** How a line of talk is shown where colours are on. */
export type Style = "strong" | "quiet" | "good" | "warning" | "bad";

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
  /** Whether talk may be coloured (`NO_COLOR`, `TERM=dumb`). */
  readonly colour: boolean;
  /**
   * Writes `text` to standard output as it is. A reader that has gone away is no error.
   *
   * @throws {Failed} `output_failed` where it cannot be written, as on a full disk
   */
  data(text: string): Promise<void>;
  /** Writes `text` and a line break to standard error, each line made harmless; indentation is kept. */
  say(text: string, style?: Style): void;
  /** Puts `text` into the clipboard of the person's own terminal (OSC 52), which works over SSH too. */
  copy(text: string): void;
  /** Lines of standard input until it ends or `signal` aborts; then nothing holds the process any more. */
  lines(signal: AbortSignal): AsyncIterable<string>;
  /**
   * All of standard input.
   *
   * @throws {UsageError} `input_too_long` where it is longer than `limit` bytes
   */
  readAll(limit: number): Promise<string>;
  /** Gives the terminal back as it was: cursor shown, raw mode and bracketed paste off. Safe to call at any time. */
  restore(): void;
}

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
const SGR: Readonly<Record<Style, number>> = { strong: 1, quiet: 2, good: 32, warning: 33, bad: 31 };

/** The terminal of this process. */
export function openTerminal(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Terminal {
  let isTouched = false;
  const colour = isatty(2) && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  return {
    interactive: isatty(0) && isatty(2),
    colour,
    get input() {
      isTouched = true;
      return process.stdin;
    },
    get output() {
      isTouched = true;
      return process.stderr;
    },
    get columns() {
      return (isatty(2) ? process.stderr.columns : Number(environment["COLUMNS"])) || 80;
    },
    data: writeData,
    say: (text, style) => writeTalk(`${decorate(text, colour ? style : undefined)}\n`),
    copy: (text) => writeTalk(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`),
    lines: readLines,
    readAll,
    restore() {
      if (!isTouched) return;
      if (isatty(0)) process.stdin.setRawMode(false);
      if (isatty(2)) writeTalk(SHOW_CURSOR + BRACKETED_PASTE_OFF);
    },
  };
}

function decorate(text: string, style: Style | undefined): string {
  return text
    .split("\n")
    .map((line) => (/^ */.exec(line)?.[0] ?? "") + harmless(line, LONGEST_LINE))
    .map((line) => (style === undefined || line === "" ? line : `\u001b[${SGR[style]}m${line}\u001b[0m`))
    .join("\n");
}

async function writeData(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (cause) {
    const reason = errorCode(cause);
    if (reason === "EPIPE") return;
    throw new Failed(`Cannot write to standard output: ${reason}`, { code: "output_failed", cause });
  }
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
    yield* lines;
    if (rest.length > LONGEST_INPUT_LINE) {
      yield rest;
      rest = "";
    }
  }
  if (rest !== "" && !signal.aborted) yield rest;
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

async function readAll(limit: number): Promise<string> {
  let text = "";
  for await (const piece of readInput(new AbortController().signal)) {
    text += piece;
    if (Buffer.byteLength(text) > limit) {
      throw new UsageError(`Cannot read standard input: it is longer than ${limit} bytes`, {
        code: "input_too_long",
      });
    }
  }
  return text;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "unknown error";
}
