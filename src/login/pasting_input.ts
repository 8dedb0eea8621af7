/**
 * A terminal's input with pastes taken out: keys go to one taker, a paste goes whole to another.
 *
 * @module
 */
import { StringDecoder } from "node:string_decoder";
import type { ReadStream, WriteStream } from "node:tty";
import { PasteSplitter } from "./paste_splitter.ts";
import type { InputPiece } from "./paste_splitter.ts";

/** What is done with what arrives. */
export interface InputTaker {
  readonly keys: (text: string) => void;
  readonly pasted: (text: string) => void;
  /** The terminal has gone away. */
  readonly ended: () => void;
}

/** The terminal to take over. */
export interface InputSource {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Whether the terminal understands control sequences, such as the one that asks for brackets around pastes. */
  readonly canRedraw: boolean;
}

const BRACKETED_PASTE_ON = "\u001b[?2004h";
const BRACKETED_PASTE_OFF = "\u001b[?2004l";

/** Takes the input over, in raw mode and with bracketed paste; returns the way to give it back as it was found. */
export function openPastingInput({ input, output, canRedraw }: InputSource, taker: InputTaker): () => void {
  const splitter = new PasteSplitter();
  const decoder = new StringDecoder("utf8");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const give = (pieces: readonly InputPiece[]): void => {
    for (const { kind, text } of pieces) taker[kind === "keys" ? "keys" : "pasted"](text);
  };
  const take = (chunk: Buffer | string): void => {
    clearTimeout(timer);
    give(splitter.push(typeof chunk === "string" ? chunk : decoder.write(chunk)));
    if (splitter.patience !== undefined) timer = setTimeout(() => give(splitter.quiet()), splitter.patience);
  };
  const wasRaw = input.isRaw;
  input.setRawMode(true);
  if (canRedraw) output.write(BRACKETED_PASTE_ON);
  input.on("data", take);
  input.once("end", taker.ended);
  input.resume();
  return () => {
    clearTimeout(timer);
    input.off("data", take);
    input.off("end", taker.ended);
    input.pause();
    if (canRedraw) output.write(BRACKETED_PASTE_OFF);
    input.setRawMode(wasRaw);
  };
}
