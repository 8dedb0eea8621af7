/**
 * Asking for pasted answers, for as long as a login waits.
 *
 * @module
 */
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { isCancel, text } from "@clack/prompts";
import { Interrupted } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import { timeLeft } from "./countdown.ts";
import { type KeyCommands, KeyListener } from "./key_commands.ts";
import { openPastingInput } from "./pasting_input.ts";
import { PromptFrame } from "./prompt_frame.ts";
import { framedQuestion } from "./prompts_frame_text.ts";
import { whenLeft } from "./prompts_left.ts";
import { askPlainly } from "./prompts_plain.ts";

/** Whether a text is good, or why not. */
export type Judgement = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** How to ask for pasted answers. */
export interface AnswerPrompt {
  readonly message: string;
  /** Ends the prompt quietly, as when the callback was faster. */
  readonly signal: AbortSignal;
  /** Where given, a bad paste says why and the prompt asks again by itself. */
  readonly judge?: ((text: string) => Judgement) | undefined;
  /** When the wait will end, shown as a countdown where that disturbs nobody. */
  readonly until?: Date | undefined;
  /** What single keys do while nothing is typed. */
  readonly keys?: KeyCommands | undefined;
}

/** What came of asking once. */
type Asked =
  | { readonly kind: "answer"; readonly text: string }
  /** Somebody had to say something in between. */
  | { readonly kind: "interlude"; readonly typed: string }
  /** The person ended the input, as by ctrl-D on an empty line. */
  | { readonly kind: "left" }
  | { readonly kind: "ended" };

/**
 * Texts that the person pastes or types, one after the other: asks again each time the next one is wanted, and ends
 * when `signal` aborts or the terminal goes away.
 *
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 */
export async function* promptForAnswer(terminal: Terminal, prompt: AnswerPrompt): AsyncGenerator<string> {
  let typed = "";
  while (!prompt.signal.aborted) {
    const asked = terminal.canRedraw
      ? await askOnce(terminal, prompt, typed)
      : await askPlainly(terminal, { ...prompt, typed });
    typed = asked.kind === "interlude" ? asked.typed : "";
    if (asked.kind === "left") throw new Interrupted("SIGINT");
    if (asked.kind === "ended") return;
    if (asked.kind === "interlude") continue;
    const judgement = prompt.judge?.(asked.text) ?? { ok: true };
    if (judgement.ok) yield asked.text;
    else terminal.say(judgement.reason, "warning");
  }
}

async function askOnce(terminal: Terminal, prompt: AnswerPrompt, typed: string): Promise<Asked> {
  const frame = new PromptFrame(terminal.output);
  const turn = new AbortController();
  let asked: Asked | undefined;
  const end = (result: Asked): void => {
    asked ??= result;
    frame.erase();
    turn.abort();
  };
  const line = openLine(typed, () => end({ kind: "left" }));
  const listener = new KeyListener(prompt.keys ?? {}, line.type);
  const closeInput = openPastingInput(terminal, {
    keys: (keys) => listener.take(keys, line.text() === ""),
    pasted: (whole) => end({ kind: "answer", text: whole }),
    ended: () => end({ kind: "ended" }),
  });
  const offTalk = terminal.onTalk(() => end({ kind: "interlude", typed: line.text() }));
  const stop = (): void => end({ kind: "ended" });
  prompt.signal.addEventListener("abort", stop, { once: true });
  const ticking = isTicking(terminal, prompt) ? setInterval(() => frame.refresh(), 1000) : undefined;
  try {
    const answer = await text(
      questionOf(terminal, prompt, { typed, frame, signal: turn.signal, keys: line.keys }),
    );
    if (asked !== undefined) return asked;
    if (isCancel(answer)) throw new Interrupted("SIGINT");
    frame.erase();
    return { kind: "answer", text: answer ?? "" };
  } finally {
    clearInterval(ticking);
    prompt.signal.removeEventListener("abort", stop);
    offTalk();
    listener.close();
    closeInput();
    line.close();
  }
}

/** Moving numbers disturb screen readers, whose users ask for no colour. */
function isTicking(terminal: Terminal, { until }: AnswerPrompt): boolean {
  return until !== undefined && terminal.colour;
}

interface Drawing {
  readonly typed: string;
  readonly frame: PromptFrame;
  readonly signal: AbortSignal;
  readonly keys: PassThrough;
}

/** clack reads `message` at every drawing, so that the time in it moves on. */
function questionOf(terminal: Terminal, prompt: AnswerPrompt, drawing: Drawing): Parameters<typeof text>[0] {
  const { until } = prompt;
  const question = prompt.message;
  return {
    get message() {
      const isShown = until !== undefined && isTicking(terminal, prompt);
      const text = isShown ? `${question} (${timeLeft(until, new Date())} left)` : question;
      return framedQuestion(text, terminal.columns);
    },
    ...(drawing.typed === "" ? {} : { initialValue: drawing.typed }),
    input: drawing.keys,
    output: drawing.frame,
    signal: drawing.signal,
  };
}

interface TypedLine {
  /** What the prompt reads. */
  readonly keys: PassThrough;
  readonly type: (keys: string) => void;
  /** What is typed so far, edited as the prompt edits it. */
  readonly text: () => string;
  readonly close: () => void;
}

/** clack does not tell what is typed before it is sent, so a second line editor follows along. */
function openLine(typed: string, left: () => void): TypedLine {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keys });
  const copy = new PassThrough();
  const editor = createInterface({ input: copy, terminal: true });
  editor.write(typed);
  const forget = whenLeft(keys, left);
  return {
    keys,
    type(text) {
      keys.write(text);
      copy.write(text);
    },
    text: () => editor.line,
    close() {
      forget();
      editor.close();
      copy.destroy();
      keys.destroy();
    },
  };
}
