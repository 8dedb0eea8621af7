/**
 * A line that says what is waited for, while single keys do what they say.
 *
 * @module
 */
import { Interrupted } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Terminal } from "../terminal.ts";
import { timeLeft } from "./countdown.ts";
import type { KeyCommands } from "./key_commands.ts";
import { openPastingInput } from "./pasting_input.ts";

/** What is waited for, and what keys do meanwhile. */
export interface Waiting {
  readonly message: string;
  /** When the wait will end, shown as a countdown where that disturbs nobody. */
  readonly until: Date;
  readonly keys: KeyCommands;
  /** Takes a text that was pasted here, where none is expected. */
  readonly pasted: () => void;
  readonly signal: AbortSignal;
}

const CONTROL_C = "\u0003";
const CLEAR_LINE = "\r\u001b[K";

/**
 * Waits until `signal` aborts, or the terminal goes away.
 *
 * @throws {Interrupted} on ctrl-C
 */
export async function waitWithKeys(terminal: Terminal, waiting: Waiting): Promise<void> {
  const { signal } = waiting;
  if (signal.aborted) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const line = openStatusLine(terminal, waiting);
  const closeInput = openPastingInput(terminal, {
    keys(text) {
      if (text.includes(CONTROL_C)) reject(new Interrupted("SIGINT"));
      else waiting.keys[text]?.();
    },
    pasted: waiting.pasted,
    ended: resolve,
  });
  signal.addEventListener("abort", () => resolve(), { once: true });
  try {
    await promise;
  } finally {
    closeInput();
    line.close();
  }
}

/** Draws the line, makes room for talk, and draws it again below. */
function openStatusLine(terminal: Terminal, { message, until }: Waiting): { close(): void } {
  if (!terminal.canRedraw) {
    terminal.say(message);
    return { close() {} };
  }
  let redrawing: ReturnType<typeof setTimeout> | undefined;
  const clear = (): void => void terminal.output.write(CLEAR_LINE);
  const draw = (): void => {
    const text = terminal.colour ? `${message} (${timeLeft(until, new Date())} left)` : message;
    terminal.output.write(`${CLEAR_LINE}${harmless(text, terminal.columns - 1)}`);
  };
  const offTalk = terminal.onTalk(() => {
    clear();
    redrawing ??= setTimeout(() => {
      redrawing = undefined;
      draw();
    });
  });
  const ticking = terminal.colour ? setInterval(draw, 1000) : undefined;
  draw();
  return {
    close() {
      clearInterval(ticking);
      clearTimeout(redrawing);
      offTalk();
      clear();
    },
  };
}
