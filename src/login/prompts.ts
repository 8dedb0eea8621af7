/**
 * Questions to the person at the terminal, on standard error.
 *
 * @module
 */
import {
  autocomplete,
  type CANCEL_SYMBOL,
  confirm as clackConfirm,
  isCancel,
  password,
  text,
} from "@clack/prompts";
import { Interrupted } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Terminal } from "../terminal.ts";
import { openPastingInput } from "./pasting_input.ts";

/** Whether a text is good, or why not. */
export type Judgement = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** How to ask for pasted answers. */
export interface AnswerPrompt {
  readonly message: string;
  /** Ends the prompt quietly, as when the callback was faster. */
  readonly signal: AbortSignal;
  /** Where given, a bad paste says why and the prompt asks again by itself. */
  readonly judge?: ((text: string) => Judgement) | undefined;
}

/** How to ask for a line of text. */
export interface TextPrompt {
  readonly message: string;
  readonly signal: AbortSignal;
  readonly placeholder?: string | undefined;
  readonly initial?: string | undefined;
  /** Shows dots instead of what is typed. */
  readonly secret?: boolean | undefined;
  /** Says what is wrong with a text, undefined where nothing is. */
  readonly validate?: ((text: string) => string | undefined) | undefined;
}

/** A provider to choose. */
export interface ProviderChoice {
  readonly id: string;
  readonly name: string;
  readonly hint?: string | undefined;
}

/** Providers shown at once; typing narrows them down. */
const VISIBLE_PROVIDERS = 8;

/**
 * Texts that the person pastes or types, one after the other: asks again each time the next one is wanted, and ends
 * when `signal` aborts or the terminal goes away.
 *
 * @throws {Interrupted} on ctrl-C
 */
export async function* promptForAnswer(terminal: Terminal, prompt: AnswerPrompt): AsyncGenerator<string> {
  while (!prompt.signal.aborted) {
    const answer = await askForPaste(terminal, prompt);
    if (answer === undefined) return;
    const judgement = prompt.judge?.(answer) ?? { ok: true };
    if (judgement.ok) yield answer;
    else terminal.say(judgement.reason, "warning");
  }
}

/**
 * The id of the provider that the person picks from a list, narrowed down by typing.
 *
 * @throws {Interrupted} on ctrl-C
 * @throws the reason of `signal` when it aborts
 */
export async function chooseProvider(
  terminal: Terminal,
  providers: readonly ProviderChoice[],
  signal: AbortSignal,
): Promise<string> {
  return answerOf(signal, (inner) =>
    autocomplete({
      message: "Which provider do you want to log in to?",
      placeholder: "type to search",
      maxItems: VISIBLE_PROVIDERS,
      options: providers.map(({ id, name, hint }) => ({
        value: id,
        label: harmless(name, 40),
        hint: harmless(hint ?? id, 60),
      })),
      validate: (value) => (value === undefined ? "Choose one of the list" : undefined),
      ...streams(terminal, inner),
    }),
  );
}

/**
 * A line of text from the person.
 *
 * @throws {Interrupted} on ctrl-C
 * @throws the reason of `signal` when it aborts
 */
export async function ask(terminal: Terminal, prompt: TextPrompt): Promise<string> {
  const validate = (value: string | undefined): string | undefined => prompt.validate?.(value ?? "");
  return answerOf(prompt.signal, async (inner) => {
    const shared = { message: harmless(prompt.message), validate, ...streams(terminal, inner) };
    if (prompt.secret === true) return password(shared);
    return text({
      ...shared,
      ...(prompt.placeholder === undefined ? {} : { placeholder: harmless(prompt.placeholder) }),
      ...(prompt.initial === undefined ? {} : { initialValue: harmless(prompt.initial) }),
    });
  });
}

/**
 * Yes or no from the person.
 *
 * @throws {Interrupted} on ctrl-C
 * @throws the reason of `signal` when it aborts
 */
export async function confirm(
  terminal: Terminal,
  prompt: { readonly message: string; readonly signal: AbortSignal; readonly initial?: boolean | undefined },
): Promise<boolean> {
  return answerOf(prompt.signal, (inner) =>
    clackConfirm({
      message: harmless(prompt.message),
      initialValue: prompt.initial ?? true,
      ...streams(terminal, inner),
    }),
  );
}

/** One paste or typed line; undefined when `signal` aborts or the terminal goes away. */
async function askForPaste(
  terminal: Terminal,
  { message, signal }: AnswerPrompt,
): Promise<string | undefined> {
  return withTurn(signal, async (turn) => {
    let pasted: string | undefined;
    const input = openPastingInput(terminal.input, terminal.output, {
      pasted(whole) {
        pasted ??= whole;
        turn.abort();
      },
      ended: () => turn.abort(),
    });
    try {
      const typed = await text({
        message: harmless(message),
        ...streams(terminal, turn.signal),
        input: input.keys,
      });
      if (pasted !== undefined) return pasted;
      if (turn.signal.aborted) return undefined;
      if (isCancel(typed)) throw new Interrupted("SIGINT");
      return typed ?? "";
    } finally {
      input.close();
    }
  });
}

async function answerOf<Value>(
  signal: AbortSignal,
  show: (signal: AbortSignal) => Promise<Value | typeof CANCEL_SYMBOL>,
): Promise<Value> {
  return withTurn(signal, async (turn) => {
    const value = await show(turn.signal);
    signal.throwIfAborted();
    if (isCancel(value)) throw new Interrupted("SIGINT");
    return value;
  });
}

/** A signal of one prompt alone: clack listens on until it aborts, and would close a prompt that ended long ago. */
async function withTurn<Value>(
  signal: AbortSignal,
  work: (turn: AbortController) => Promise<Value>,
): Promise<Value> {
  const turn = new AbortController();
  const abort = (): void => turn.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(turn);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function streams(
  terminal: Terminal,
  signal: AbortSignal,
): Pick<Parameters<typeof text>[0], "input" | "output" | "signal"> {
  return { input: terminal.input, output: terminal.output, signal };
}
