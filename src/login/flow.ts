/**
 * Races every way an answer can arrive; the first good one wins and ends the rest.
 *
 * @module
 */
import { KeyfobError, LoginRequired, TimedOut } from "../errors.ts";
import type { Answer } from "../oauth/answer.ts";
import type { Attempt } from "../oauth/attempt.ts";
import type { CallbackServer, PageOutcome } from "./callback.ts";
import type { Report } from "./event.ts";
import { parsePastedAnswer } from "./paste.ts";

/** Texts that a person or a pipe pastes, until they end or `signal` aborts. */
export type PastedTexts = (signal: AbortSignal) => AsyncIterable<string>;

/** The ways to receive, and what to do with what comes. */
export interface FlowOptions<Result> {
  readonly attempt: Attempt;
  /** Already listening; the flow closes it. */
  readonly callback?: CallbackServer | undefined;
  readonly pasted?: PastedTexts | undefined;
  /** Exchanges and stores. Called for one answer at a time; its failure is the login's, unless the answer was mistyped. */
  readonly settle: (answer: Answer) => Promise<Result>;
  /** What the page says of a result. */
  readonly describe: (result: Result) => PageOutcome;
  readonly report: Report;
  /** Ends the login, as by ctrl-C: its reason is thrown. */
  readonly signal: AbortSignal;
  /** What the command line says instead of waiting: `5m`, for the message of a time-out. */
  readonly patience: string;
}

/**
 * Waits for the first good answer and settles it.
 *
 * @throws {TimedOut} when none came before `attempt.expiresAt`
 * @throws {LoginRequired} code `no_answer` when pasting was the only way and the input ended
 * @throws whatever `settle` throws
 */
export async function receive<Result>(options: FlowOptions<Result>): Promise<Result> {
  const ended = new AbortController();
  const turns = new Turns();
  const timer = Promise.withResolvers<never>();
  const milliseconds = options.attempt.expiresAt.getTime() - Date.now();
  const timeout = setTimeout(
    () => turns.whenIdle(() => timer.reject(tooLate(options))),
    Math.max(0, milliseconds),
  );
  const interrupted = rejectionOf(options.signal);
  try {
    return await Promise.race([
      fromCallback(options, turns, ended),
      fromPaste(options, turns, ended.signal),
      timer.promise,
      interrupted.promise,
    ]);
  } finally {
    clearTimeout(timeout);
    interrupted.forget();
    ended.abort();
    await options.callback?.close();
  }
}

/** Lets answers be settled one at a time, so that a code pasted and called back at once is spent once. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: (() => void) | undefined;
  #isOver = false;

  /** Runs `work` after whatever came before it; never, where that ended the login. Undefined lets the wait go on. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    this.#waiting += 1;
    try {
      await before;
      if (this.#isOver) return await never();
      this.#isOver = true;
      const result = await work();
      this.#isOver = result !== undefined;
      return result;
    } finally {
      this.#waiting -= 1;
      mine.resolve();
      if (this.#waiting === 0) setTimeout(() => this.#idle?.());
    }
  }

  /** Calls `then` at once, or when the settling under way has failed: a code that is being spent is never given up. */
  whenIdle(then: () => void): void {
    if (this.#waiting === 0) then();
    else this.#idle = then;
  }
}

async function fromCallback<Result>(
  options: FlowOptions<Result>,
  turns: Turns,
  ended: AbortController,
): Promise<Result> {
  const { callback } = options;
  if (callback === undefined) return never();
  const answer = await callback.answer;
  return turns.take(async () => {
    ended.abort();
    options.report({ event: "answered", via: "callback" });
    try {
      const result = await options.settle(answer);
      await callback.conclude(options.describe(result));
      return result;
    } catch (failure) {
      await callback.conclude(failurePage(failure));
      throw failure;
    }
  });
}

async function fromPaste<Result>(
  options: FlowOptions<Result>,
  turns: Turns,
  ended: AbortSignal,
): Promise<Result> {
  if (options.pasted === undefined) return never();
  for await (const text of options.pasted(ended)) {
    if (ended.aborted) return never();
    const settled = await turns.take(() => settlePasted(options, text));
    if (settled !== undefined) return settled.result;
  }
  if (options.callback !== undefined || ended.aborted) return never();
  throw new LoginRequired("Cannot go on: the input ended before an answer came", {
    code: "no_answer",
    hint: `begin and finish in two steps: keyfob login ${options.attempt.provider} --begin, then keyfob finish`,
  });
}

/** The result, or undefined where the text was no good and the person may try again. */
async function settlePasted<Result>(
  options: FlowOptions<Result>,
  text: string,
): Promise<{ result: Result } | undefined> {
  const { attempt, report } = options;
  let answer: Answer | undefined;
  try {
    answer = parsePastedAnswer(text, {
      state: attempt.state,
      redirectUri: attempt.redirectUri,
      pkce: attempt.codeVerifier !== undefined,
    });
    report({ event: "answered", via: "paste" });
    return { result: await options.settle(answer) };
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || !mayTryAgain(failure, answer)) throw failure;
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    report({ event: "rejected", reason: failure.message, ...hint });
    return undefined;
  }
}

/** A text that was never an answer, or a code alone that the provider does not know: mistyped, not spent. */
function mayTryAgain(failure: KeyfobError, answer: Answer | undefined): boolean {
  return answer === undefined || (answer.bare && failure.code === "invalid_grant");
}

/** What the browser shows of a failure. */
function failurePage(failure: unknown): PageOutcome {
  if (!(failure instanceof KeyfobError)) return { ok: false, reason: "Something unexpected went wrong" };
  return {
    ok: false,
    reason: failure.message,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  };
}

function tooLate({ attempt, patience }: Pick<FlowOptions<never>, "attempt" | "patience">): TimedOut {
  return new TimedOut(`Cannot log in to "${attempt.provider}": no answer came within ${patience}`, {
    hint: `keyfob login ${attempt.provider} --timeout 15m`,
  });
}

function rejectionOf(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const interrupt = (): void => reject(signal.reason);
  if (signal.aborted) interrupt();
  else signal.addEventListener("abort", interrupt, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", interrupt) };
}

function never(): Promise<never> {
  return new Promise<never>(() => {});
}
