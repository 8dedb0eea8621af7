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
  select,
  text,
} from "@clack/prompts";
import { Interrupted } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import { search } from "../search.ts";
import type { Terminal } from "../terminal.ts";
import { framedProblem, framedQuestion } from "./prompts_frame_text.ts";
import { whenLeft } from "./prompts_left.ts";
import { askPlainLine } from "./prompts_plain.ts";

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

/** A question with a few answers. */
export interface ChoicePrompt<Value extends string> {
  readonly message: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly signal: AbortSignal;
}

/** Providers shown at once; typing narrows them down. */
const VISIBLE_PROVIDERS = 8;

/**
 * The id of the provider that the person picks from a list, narrowed down by typing.
 *
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 * @throws the reason of `signal` when it aborts
 */
export async function chooseProvider(
  terminal: Terminal,
  providers: readonly ProviderChoice[],
  signal: AbortSignal,
): Promise<string> {
  const message = "Which provider do you want to log in to?";
  if (!terminal.canRedraw) return chooseProviderPlainly(terminal, message, providers, signal);
  return answerOf(terminal, signal, (inner) =>
    autocomplete({
      message: framedQuestion(message, terminal.columns),
      placeholder: "type to search",
      maxItems: VISIBLE_PROVIDERS,
      options() {
        return search(providers, this.userInput).map(({ id, name, hint }) => ({
          value: id,
          label: harmless(name, 40),
          hint: harmless(hint ?? id, 60),
        }));
      },
      filter: () => true,
      validate: (value) => (value === undefined ? "Choose one of the list" : undefined),
      ...streams(terminal, inner),
    }),
  );
}

/**
 * One of a few choices.
 *
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 * @throws the reason of `signal` when it aborts
 */
export async function choose<Value extends string>(
  terminal: Terminal,
  { message, choices, signal }: ChoicePrompt<Value>,
): Promise<Value> {
  if (!terminal.canRedraw) return choosePlainly(terminal, { message, choices, signal });
  const options = choices.map(({ value, label }) => ({ value: value as string, label: harmless(label) }));
  const chosen = await answerOf(terminal, signal, (inner) =>
    select({ message: harmless(message), options, ...streams(terminal, inner) }),
  );
  return chosen as Value;
}

/**
 * A line of text from the person.
 *
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 * @throws the reason of `signal` when it aborts
 */
export async function ask(terminal: Terminal, prompt: TextPrompt): Promise<string> {
  const { signal, secret } = prompt;
  const validate = (value: string | undefined): string | undefined => prompt.validate?.(value ?? "");
  if (!terminal.canRedraw) {
    return askPlainLine(
      terminal,
      { message: prompt.message, signal, secret, typed: prompt.initial },
      validate,
    );
  }
  return answerOf(terminal, signal, async (inner) => {
    const shared = {
      message: framedQuestion(prompt.message, terminal.columns),
      validate: (value: string | undefined) => {
        const problem = validate(value);
        return problem === undefined ? undefined : framedProblem(problem, terminal.columns);
      },
      ...streams(terminal, inner),
    };
    if (secret === true) return password(shared);
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
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 * @throws the reason of `signal` when it aborts
 */
export async function confirm(
  terminal: Terminal,
  prompt: { readonly message: string; readonly signal: AbortSignal; readonly initial?: boolean | undefined },
): Promise<boolean> {
  const { signal, message, initial = true } = prompt;
  if (!terminal.canRedraw) return confirmPlainly(terminal, { message, signal, initial });
  return answerOf(terminal, signal, (inner) =>
    clackConfirm({ message: harmless(message), initialValue: initial, ...streams(terminal, inner) }),
  );
}

async function chooseProviderPlainly(
  terminal: Terminal,
  message: string,
  providers: readonly ProviderChoice[],
  signal: AbortSignal,
): Promise<string> {
  const ids = providers.map(({ id }) => id);
  return askPlainLine(terminal, { message: `${message} Type its name`, signal }, (typed) => {
    if (ids.includes(typed)) return undefined;
    const guess = nearest(typed, ids);
    return guess === undefined
      ? `There is no provider "${harmless(typed, 40)}"; keyfob providers list shows them`
      : `There is no provider "${harmless(typed, 40)}"; did you mean ${guess}?`;
  });
}

async function choosePlainly<Value extends string>(
  terminal: Terminal,
  { message, choices, signal }: ChoicePrompt<Value>,
): Promise<Value> {
  terminal.say(message);
  choices.forEach(({ label }, index) => terminal.say(`  ${index + 1}  ${label}`));
  const isGood = (typed: string): boolean => choices[Number(typed) - 1] !== undefined;
  const typed = await askPlainLine(terminal, { message: "Number", signal }, (text) =>
    isGood(text) ? undefined : `Type a number from 1 to ${choices.length}`,
  );
  return (choices[Number(typed) - 1] as { value: Value }).value;
}

async function confirmPlainly(
  terminal: Terminal,
  { message, signal, initial }: { message: string; signal: AbortSignal; initial: boolean },
): Promise<boolean> {
  const usual = initial ? "Y/n" : "y/N";
  const typed = await askPlainLine(terminal, { message: `${message} (${usual})`, signal }, (text) =>
    /^(?:|y|yes|n|no)$/i.test(text.trim()) ? undefined : "Type y or n",
  );
  return typed.trim() === "" ? initial : /^y/i.test(typed.trim());
}

async function answerOf<Value>(
  { input }: Terminal,
  signal: AbortSignal,
  show: (signal: AbortSignal) => Promise<Value | typeof CANCEL_SYMBOL>,
): Promise<Value> {
  return withTurn(signal, async (turn) => {
    const forget = whenLeft(input, () => turn.abort());
    try {
      const value = await show(turn.signal);
      signal.throwIfAborted();
      if (isCancel(value)) throw new Interrupted("SIGINT");
      return value;
    } finally {
      forget();
    }
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
