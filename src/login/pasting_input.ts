/**
 * A terminal's input with pastes taken out: keys go on to the prompt, a paste goes whole to its own taker.
 *
 * @module
 */
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { ReadStream, WriteStream } from "node:tty";
import { PasteSplitter } from "./paste_splitter.ts";
import type { InputPiece } from "./paste_splitter.ts";

/** The input while it is taken over. */
export interface PastingInput {
  /** What a prompt reads instead of the terminal. */
  readonly keys: Readable;
  /** Gives the terminal back as it was found. */
  close(): void;
}

/** What is done with what is not a key. */
export interface PasteTaker {
  readonly pasted: (text: string) => void;
  /** The terminal has gone away. */
  readonly ended: () => void;
}

const BRACKETED_PASTE_ON = "\u001b[?2004h";
const BRACKETED_PASTE_OFF = "\u001b[?2004l";

/** Takes `input` over, in raw mode and with bracketed paste, until closed. */
export function openPastingInput(input: ReadStream, output: WriteStream, taker: PasteTaker): PastingInput {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keys });
  const splitter = new PasteSplitter();
  const decoder = new StringDecoder("utf8");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const give = (pieces: readonly InputPiece[]): void => {
    for (const { kind, text } of pieces) {
      if (kind === "keys") keys.write(text);
      else taker.pasted(text);
    }
  };
  const take = (chunk: Buffer | string): void => {
    clearTimeout(timer);
    give(splitter.push(typeof chunk === "string" ? chunk : decoder.write(chunk)));
    if (splitter.patience !== undefined) timer = setTimeout(() => give(splitter.quiet()), splitter.patience);
  };
  const wasRaw = input.isRaw;
  input.setRawMode(true);
  output.write(BRACKETED_PASTE_ON);
  input.on("data", take);
  input.once("end", taker.ended);
  input.resume();
  return {
    keys,
    close() {
      clearTimeout(timer);
      input.off("data", take);
      input.off("end", taker.ended);
      input.pause();
      output.write(BRACKETED_PASTE_OFF);
      input.setRawMode(wasRaw);
      keys.destroy();
    },
  };
}
