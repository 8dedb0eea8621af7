/**
 * Finishes a begun login from the answer that the person pasted somewhere.
 *
 * @module
 */
import {
  ConfigurationError,
  Interrupted,
  KeyfobError,
  LoginRequired,
  Unavailable,
  UsageError,
} from "../errors.ts";
import { mayPasteAgain } from "../login/flow.ts";
import { parsePastedAnswer } from "../login/paste.ts";
import type { Answer } from "../oauth/answer.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { formatAccountName } from "../vault/account.ts";
import type { AttemptFailure } from "../vault/attempt_failure.ts";
import type { Vault } from "../vault/vault.ts";
import { findAnsweredState, type PastedAnswer } from "./answered_attempt.ts";
import { openAttempt } from "./open_attempt.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import { isRefusedCode, withNextStep } from "./refused_code.ts";
import { type LoggedIn, settle } from "./settle.ts";

/** The answer, and which login it is for where it does not say so itself. */
export interface FinishRequest extends PastedAnswer {
  /** True where the answer came as an argument, which every user of the machine can read. */
  readonly isExposed: boolean;
  /** Ends the wait for the provider, as by ctrl-C, until the code is sent. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer that was no good, where a better one may follow. */
export interface Rejected {
  readonly rejected: KeyfobError;
}

/**
 * Finishes the login that `text` answers. It is claimed just before the code is sent, so that of several who finish one
 * sends it, and whoever is killed before that has lost nothing.
 *
 * @throws {LoginRequired} `attempt_used`, `attempt_expired` or `attempt_unknown`
 * @throws what finding out which login it answers throws
 * @throws what settling throws; while the code is unspent, the attempt stays open
 */
export async function finishLogin(services: Services, request: FinishRequest): Promise<LoggedIn> {
  const finished = await tryToFinish(services, request);
  if ("rejected" in finished) throw finished.rejected;
  return finished;
}

/**
 * As {@link finishLogin} does, for somebody who can be asked again: a failure that a better paste may mend is a value.
 *
 * @throws what else finishing throws
 */
export async function tryToFinish(services: Services, request: FinishRequest): Promise<LoggedIn | Rejected> {
  const vault = await services.vault();
  let attempt: Attempt;
  try {
    attempt = await openAttempt(vault, await findAnsweredState(vault, request));
  } catch (failure) {
    if (isWrongPaste(failure) && (await takesAnswers(vault))) return { rejected: failure };
    throw failure;
  }
  const progress: Progress = { answer: undefined, isSpent: false, isRedeemed: false };
  try {
    const result = await settleAttempt(services, attempt, request, progress);
    await vault.finishAttempt(attempt.state);
    return result;
  } catch (failure) {
    if (isTaken(failure)) throw failure;
    const isOpen = mayFinishAgain(failure, attempt, progress);
    if (!isOpen) await vault.finishAttempt(attempt.state, endOf(attempt, failure));
    else if (progress.isSpent) await vault.releaseAttempt(attempt.state);
    const explained = withNextStep(
      failure,
      progress.answer,
      `keyfob login ${formatAccountName(attempt)} --begin`,
    );
    if (isOpen && isMendedByPaste(explained, progress)) return { rejected: explained };
    throw explained;
  }
}

/** Failures of a paste that belongs to no login that is open, or does not say to which. */
const WRONG_PASTES: ReadonlySet<string> = new Set([
  "ambiguous_answer",
  "attempt_expired",
  "attempt_unknown",
  "attempt_used",
  "state_mismatch",
]);

function isWrongPaste(failure: unknown): failure is KeyfobError {
  return failure instanceof KeyfobError && WRONG_PASTES.has(failure.code);
}

async function takesAnswers(vault: Vault): Promise<boolean> {
  return (await vault.openAttempts()).some(({ device }) => device === undefined);
}

function endOf(attempt: Attempt, failure: unknown): AttemptFailure {
  return { outcome: isRefusedCode(failure) ? "refused" : "failed", account: formatAccountName(attempt) };
}

function isMendedByPaste(failure: unknown, { answer, isSpent }: Progress): failure is KeyfobError {
  return failure instanceof KeyfobError && mayPasteAgain(failure, answer, isSpent);
}

/** Whether somebody else has the attempt by now: what becomes of it is theirs to say. */
function isTaken(failure: unknown): boolean {
  return failure instanceof LoginRequired && failure.code.startsWith("attempt_");
}

/** How far an attempt came, for deciding what a failure left of it. */
interface Progress {
  answer: Answer | undefined;
  /** Whether the attempt is claimed by us, after which the code is sent. */
  isSpent: boolean;
  /** Whether the provider gave tokens for the code, which it takes no second time. */
  isRedeemed: boolean;
}

async function settleAttempt(
  services: Services,
  attempt: Attempt,
  request: FinishRequest,
  progress: Progress,
): Promise<LoggedIn> {
  if (request.isExposed && attempt.codeVerifier === undefined) {
    throw new UsageError(
      `Cannot take the answer as an argument: "${attempt.provider}" has no PKCE to protect it`,
      {
        code: "exposed_answer",
        hint: "give it on standard input: keyfob finish < FILE",
      },
    );
  }
  progress.answer = parsePastedAnswer(request.text, {
    state: attempt.state,
    redirectUri: attempt.redirectUri,
    pkce: attempt.codeVerifier !== undefined,
  });
  const prepared = await prepareProvider(services, attempt, attempt.choices, {
    sealed: attempt.client,
    signal: request.signal,
  });
  return settle(services, prepared, {
    attempt,
    answer: progress.answer,
    async spending() {
      request.signal?.throwIfAborted();
      await (await services.vault()).claimAttempt(attempt.state);
      progress.isSpent = true;
    },
    redeemed: () => void (progress.isRedeemed = true),
  });
}

/** Whether the attempt is as good as before: its code was not sent, or was mistyped, or never arrived. */
function mayFinishAgain(
  failure: unknown,
  attempt: Attempt,
  { answer, isSpent, isRedeemed }: Progress,
): boolean {
  if (isRedeemed) return false;
  if (attempt.expiresAt.getTime() <= Date.now()) return false;
  if (!(failure instanceof KeyfobError) || failure instanceof Interrupted) return !isSpent;
  if (failure instanceof Unavailable) return !isSpent || !failure.sent;
  if (failure instanceof ConfigurationError || failure instanceof UsageError) return true;
  return mayPasteAgain(failure, answer, isSpent);
}
