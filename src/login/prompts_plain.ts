/**
 * Questions on terminals that cannot redraw (`TERM=dumb`, Emacs' shell): one line out, one line in.
 *
 * @module
 */
import { Interrupted } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Terminal } from "../terminal.ts";
import { type KeyCommands, KeyListener } from "./key_commands.ts";
import { openPastingInput } from "./pasting_input.ts";

/** A question, and what was typed before it was interrupted. */
export interface PlainQuestion {
  readonly message: string;
  readonly signal: AbortSignal;
  readonly typed?: string | undefined;
  /** Shows nothing of what is typed. */
  readonly secret?: boolean | undefined;
  readonly keys?: KeyCommands | undefined;
}

/** What came of asking. */
export type PlainAnswer =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "interlude"; readonly typed: string }
  | { readonly kind: "ended" };

const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";
const RUBOUTS = new Set(["\u007f", "\b"]);

/**
 * Asks for one line, in raw mode all the same: line mode cuts pastes at 4,096 characters.
 *
 * @throws {Interrupted} on ctrl-C, and on ctrl-D while nothing is typed
 */
export async function askPlainly(terminal: Terminal, question: PlainQuestion): Promise<PlainAnswer> {
  const { signal } = question;
  if (signal.aborted) return { kind: "ended" };
  const { promise, resolve, reject } = Promise.withResolvers<PlainAnswer>();
  let typed = question.typed ?? "";
  let isOver = false;
  const endLine = (): void => {
    if (!isOver) terminal.output.write("\n");
    isOver = true;
  };
  const end = (answer: PlainAnswer): void => {
    endLine();
    resolve(answer);
  };
  const echo = (text: string): void => void (question.secret !== true && terminal.output.write(text));
  const press = (key: string): void => {
    if (isOver) return;
    if (key === CONTROL_C || (key === CONTROL_D && typed === "")) reject(new Interrupted("SIGINT"));
    else if (key === "\r" || key === "\n") end({ kind: "answer", text: typed });
    else if (RUBOUTS.has(key)) {
      if (typed !== "") echo("\b \b");
      typed = typed.slice(0, -1);
    } else if (key >= " ") {
      typed += key;
      echo(key);
    }
  };
  const listener = new KeyListener(question.keys ?? {}, (text) => Array.from(text).forEach(press));
  terminal.output.write(`${harmless(question.message)}: ${question.secret === true ? "" : typed}`);
  const offTalk = terminal.onTalk(() => end({ kind: "interlude", typed }));
  const closeInput = openPastingInput(terminal, {
    keys: (text) => listener.take(text, typed === ""),
    pasted: (text) => end({ kind: "answer", text }),
    ended: () => end({ kind: "ended" }),
  });
  const stop = (): void => end({ kind: "ended" });
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    offTalk();
    listener.close();
    closeInput();
    endLine();
  }
}

/**
 * A line that is good, asked for until it is.
 *
 * @throws {Interrupted} on ctrl-C, on ctrl-D while nothing is typed, or where the terminal goes away
 * @throws the reason of `signal` when it aborts
 */
export async function askPlainLine(
  terminal: Terminal,
  question: PlainQuestion,
  validate: (text: string) => string | undefined,
): Promise<string> {
  let typed = "";
  for (;;) {
    const answer = await askPlainly(terminal, { ...question, typed });
    question.signal.throwIfAborted();
    if (answer.kind === "ended") throw new Interrupted("SIGHUP");
    typed = answer.kind === "interlude" ? answer.typed : "";
    if (answer.kind === "interlude") continue;
    const problem = validate(answer.text);
    if (problem === undefined) return answer.text;
    terminal.say(problem, "warning");
  }
}
