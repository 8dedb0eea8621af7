/**
 * Races every way an answer can arrive; the first good one wins and ends the rest.
 *
 * @module
 */
import { Failed, KeyfobError, LoginRequired, TimedOut } from "../errors.ts";
import type { Answer } from "../oauth/answer.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { formatAccountName } from "../vault/account.ts";
import type { CallbackServer, PageOutcome } from "./callback.ts";
import type { Report } from "./event.ts";
import { parsePastedAnswer } from "./paste.ts";
import { Turns } from "./turns.ts";

/** Texts that a person or a pipe pastes, until they end or `signal` aborts; the wait for them ends at `until`. */
export type PastedTexts = (signal: AbortSignal, until: Date) => AsyncIterable<string>;

/** The ways to receive, and what to do with what comes. */
export interface FlowOptions<Result> {
  readonly attempt: Attempt;
  /** Already listening; the flow closes it. */
  readonly callback?: CallbackServer | undefined;
  readonly pasted?: PastedTexts | undefined;
  /** Bad pastes after which no more are read, as where a program writes them; undefined for as many as come. */
  readonly mostBadPastes?: number | undefined;
  /**
   * Exchanges and stores; calls `spending` just before the code is sent. Called for one answer at a time. Its failure
   * is the login's, unless a pasted answer was no good.
   */
  readonly settle: (answer: Answer, spending: () => void) => Promise<Result>;
  /** What the page says of a result. */
  readonly describe: (result: Result) => PageOutcome;
  readonly report: Report;
  /** Ends the login, as by ctrl-C: its reason is thrown. */
  readonly signal: AbortSignal;
  /** What the command line says instead of waiting: `5m`, for the message of a time-out. */
  readonly patience: string;
  /** Shared with other ways to log in, where several wait at once. */
  readonly turns?: Turns | undefined;
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
  const { turns = new Turns() } = options;
  const timer = Promise.withResolvers<never>();
  const milliseconds = options.attempt.expiresAt.getTime() - Date.now();
  const timeout = setTimeout(
    () => turns.whenIdle(() => timer.reject(tooLate(options))),
    Math.max(0, milliseconds),
  );
  const interrupted = rejectionOf(options.signal, turns);
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
      const result = await options.settle(answer, () => {});
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
  if (options.pasted === undefined && options.callback === undefined) return never();
  let bad = 0;
  for await (const text of options.pasted?.(ended, options.attempt.expiresAt) ?? []) {
    if (ended.aborted) return never();
    const settled = await turns.take(() => settlePasted(options, text));
    if (settled !== undefined) return settled.result;
    bad += 1;
    if (bad === options.mostBadPastes) break;
  }
  if (ended.aborted) return never();
  const isFlooded = bad === options.mostBadPastes;
  if (options.callback !== undefined) {
    if (isFlooded) options.report({ event: "notice", text: `After ${bad} bad answers no more are read` });
    await (options.callback.steppedAside ?? never());
  }
  throw noAnswer(options.attempt, isFlooded ? `none of the first ${bad} lines was an answer` : ENDED);
}

/** Why nothing can be pasted any more, as a rule. */
const ENDED = "the input ended before an answer came";

function noAnswer(attempt: Attempt, why: string): LoginRequired {
  return new LoginRequired(`Cannot go on: ${why}`, {
    code: "no_answer",
    hint: `begin and finish in two steps: keyfob login ${accountOf(attempt)} --begin, then keyfob finish`,
  });
}

/** The result, or undefined where the text was no good and the person may try again. */
async function settlePasted<Result>(
  options: FlowOptions<Result>,
  text: string,
): Promise<{ result: Result } | undefined> {
  const { attempt, report } = options;
  let answer: Answer | undefined;
  let isSpent = false;
  try {
    answer = parsePastedAnswer(text, {
      state: attempt.state,
      redirectUri: attempt.redirectUri,
      pkce: attempt.codeVerifier !== undefined,
    });
    report({ event: "answered", via: "paste" });
    return { result: await options.settle(answer, () => (isSpent = true)) };
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || !mayPasteAgain(failure, answer, isSpent)) throw failure;
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    report({ event: "rejected", reason: failure.message, ...hint });
    return undefined;
  }
}

/** What token endpoints say to a code that was mistyped (RFC 6749 section 5.2). */
export const UNKNOWN_CODE: ReadonlySet<string> = new Set(["invalid_grant", "invalid_request"]);

/**
 * Whether a better paste may follow: after a text that was no answer, an answer that was no good before its code was
 * sent, or a code typed by hand that the provider does not know.
 */
export function mayPasteAgain(failure: KeyfobError, answer: Answer | undefined, isSpent: boolean): boolean {
  if (answer?.bare === true && UNKNOWN_CODE.has(failure.code)) return true;
  return !isSpent && (answer === undefined || failure instanceof Failed);
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
  return new TimedOut(`Cannot log in to "${accountOf(attempt)}": no answer came within ${patience}`, {
    hint: `keyfob login ${accountOf(attempt)} --timeout 15m`,
  });
}

/** An interruption waits for a code that is being spent: its tokens would be lost. A second one ends the program. */
function rejectionOf(signal: AbortSignal, turns: Turns): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const interrupt = (): void => turns.whenIdle(() => reject(signal.reason));
  if (signal.aborted) interrupt();
  else signal.addEventListener("abort", interrupt, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", interrupt) };
}

function accountOf({ provider, label }: Attempt): string {
  return formatAccountName({ provider, label });
}

function never(): Promise<never> {
  return new Promise<never>(() => {});
}
