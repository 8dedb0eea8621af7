/**
 * Finishes a begun login from the answer that the person pasted somewhere.
 *
 * @module
 */
import { Failed, KeyfobError, LoginRequired, Unavailable, UsageError } from "../errors.ts";
import { findState, parsePastedAnswer } from "../login/paste.ts";
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
  try {
    const result = await settleAttempt(services, attempt, request);
    await vault.finishAttempt(state);
    return result;
  } catch (failure) {
    if (isUnspent(failure, attempt)) await vault.releaseAttempt(state);
    else await vault.finishAttempt(state);
    throw failure;
  }
}

async function settleAttempt(
  services: Services,
  attempt: Attempt,
  request: FinishRequest,
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
  const answer = parsePastedAnswer(request.text, {
    state: attempt.state,
    redirectUri: attempt.redirectUri,
    pkce: attempt.codeVerifier !== undefined,
  });
  const prepared = await prepareProvider(services, attempt.provider, attempt.choices, {
    sealed: attempt.client,
  });
  return settle(services, prepared, attempt, answer);
}

/** Errors that come before the provider has seen the code, or say that the code itself was mistyped. */
const UNSPENT: ReadonlySet<string> = new Set([
  "bad_paste",
  "authorization_address",
  "wrong_address",
  "no_answer_in_address",
  "state_missing",
  "state_mismatch",
  "bare_code",
  "exposed_answer",
  "provider_changed",
  "invalid_grant",
  "no_code",
]);

function isUnspent(failure: unknown, attempt: Attempt): boolean {
  if (attempt.expiresAt.getTime() <= Date.now()) return false;
  if (failure instanceof Unavailable) return !failure.sent;
  if (failure instanceof KeyfobError && failure.exitStatus === 2) return true;
  return failure instanceof KeyfobError && UNSPENT.has(failure.code);
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
