/**
 * Finishes a begun login from the answer that the person pasted somewhere.
 *
 * @module
 */
import {
  ConfigurationError,
  Failed,
  KeyfobError,
  LoginRequired,
  Unavailable,
  UsageError,
} from "../errors.ts";
import { mayPasteAgain } from "../login/flow.ts";
import { findState, parsePastedAnswer } from "../login/paste.ts";
import type { Answer } from "../oauth/answer.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import { type LoggedIn, settle } from "./settle.ts";

/** The answer, and which login it is for where it does not say so itself. */
export interface FinishRequest {
  readonly text: string;
  readonly state?: string | undefined;
  /** True where the answer came as an argument, which every user of the machine can read. */
  readonly isExposed: boolean;
}

/**
 * Finishes the login that `text` answers.
 *
 * @throws {LoginRequired} `attempt_used`, `attempt_expired` or `attempt_unknown`
 * @throws {UsageError} when a bare code could belong to several logins, or to none
 * @throws what settling throws; while the code is unspent, the attempt stays open
 */
export async function finishLogin(services: Services, request: FinishRequest): Promise<LoggedIn> {
  const vault = await services.vault();
  const state = await stateOf(vault, request);
  const attempt = await vault.claimAttempt(state);
  const progress: Progress = { answer: undefined, isSpent: false };
  try {
    const result = await settleAttempt(services, attempt, request, progress);
    await vault.finishAttempt(state);
    return result;
  } catch (failure) {
    if (mayFinishAgain(failure, attempt, progress)) await vault.releaseAttempt(state);
    else await vault.finishAttempt(state);
    throw failure;
  }
}

/** How far an attempt came, for deciding what a failure left of it. */
interface Progress {
  answer: Answer | undefined;
  isSpent: boolean;
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
  const prepared = await prepareProvider(services, attempt.provider, attempt.choices, {
    sealed: attempt.client,
  });
  return settle(services, prepared, {
    attempt,
    answer: progress.answer,
    spending() {
      progress.isSpent = true;
    },
  });
}

/** Whether the attempt is as good as before: its code was not sent, or was mistyped, or never arrived. */
function mayFinishAgain(failure: unknown, attempt: Attempt, { answer, isSpent }: Progress): boolean {
  if (!(failure instanceof KeyfobError) || attempt.expiresAt.getTime() <= Date.now()) return false;
  if (failure instanceof Unavailable) return !isSpent || !failure.sent;
  if (failure instanceof ConfigurationError || failure instanceof UsageError) return true;
  return mayPasteAgain(failure, answer, isSpent);
}

async function stateOf(vault: Vault, request: FinishRequest): Promise<string> {
  const said = findState(request.text);
  if (request.state !== undefined) {
    if (said === undefined || said === request.state) return request.state;
    throw new Failed("Cannot finish: the answer carries another state than --state", {
      code: "state_mismatch",
      hint: "the answer belongs to another login; leave --state out",
    });
  }
  if (said !== undefined) return said;
  const open = await vault.openAttempts();
  const [only, ...others] = open;
  if (only !== undefined && others.length === 0) return only.state;
  if (only === undefined) {
    throw new LoginRequired("Cannot finish: no begun login is open", {
      code: "attempt_unknown",
      hint: "keyfob login ACCOUNT --begin",
    });
  }
  const names = open.map(({ provider, label }) => formatAccountName({ provider, label })).join(", ");
  throw new UsageError(
    `Cannot finish: the answer carries no state, and ${open.length} logins are open (${names})`,
    {
      code: "ambiguous_answer",
      hint: "paste the whole address, or say which with --state STATE",
    },
  );
}
