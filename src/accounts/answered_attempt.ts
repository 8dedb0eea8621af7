/**
 * Finds out which begun login a pasted answer is for.
 *
 * @module
 */
import { Failed, LoginRequired, UsageError } from "../errors.ts";
import { findState } from "../login/paste.ts";
import type { Attempt } from "../oauth/attempt.ts";
import { timestamp } from "../timestamp.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";

/** The answer, and what the person said about it. */
export interface PastedAnswer {
  readonly text: string;
  readonly state?: string | undefined;
}

/**
 * The `state` of the login that the answer is for: the one it carries or that is named, else that of the only open
 * login which takes an answer.
 *
 * @throws {Failed} `state_mismatch`
 * @throws {LoginRequired} `attempt_unknown` where none is open
 * @throws {UsageError} `ambiguous_answer` or `needs_no_answer`
 */
export async function findAnsweredState(vault: Vault, pasted: PastedAnswer): Promise<string> {
  const named = namedState(pasted);
  const open = await vault.openAttempts();
  if (named === undefined) return onlyState(open);
  const attempt = open.find(({ state }) => state === named);
  if (attempt?.device !== undefined) throw needsNoAnswer([attempt]);
  return named;
}

/**
 * Whether some login waits for an answer, asked before anybody looks for one.
 *
 * @throws {LoginRequired} `attempt_unknown` where none is open
 * @throws {UsageError} `needs_no_answer` where every open one waits for its code to be entered
 */
export async function expectAnswer(vault: Vault): Promise<void> {
  const open = await vault.openAttempts();
  if (!open.some(takesAnswer)) throw noneTakesAnswer(open);
}

function namedState({ text, state }: PastedAnswer): string | undefined {
  const said = findState(text);
  if (state === undefined || said === undefined || said === state) return state ?? said;
  throw new Failed("Cannot finish: the answer carries another state than --state", {
    code: "state_mismatch",
    hint: "the answer belongs to another login; leave --state out",
  });
}

function onlyState(open: readonly Attempt[]): string {
  const [only, ...others] = open.filter(takesAnswer);
  if (only === undefined) throw noneTakesAnswer(open);
  if (others.length === 0) return only.state;
  const names = told([only, ...others]).join(", ");
  throw new UsageError(
    `Cannot finish: the answer carries no state, and ${others.length + 1} logins are open (${names})`,
    {
      code: "ambiguous_answer",
      hint: "paste the whole address, or say which with --state STATE: keyfob login --begin printed the state of each",
    },
  );
}

/** The logins, told apart: of one account, by when each ends, as `keyfob login --begin` printed it. */
function told(attempts: readonly Attempt[]): string[] {
  const names = attempts.map(nameOf);
  return attempts.map((attempt, index) => {
    const name = nameOf(attempt);
    const isAlone = names.indexOf(name) === names.lastIndexOf(name);
    return isAlone ? (names[index] ?? name) : `${name} until ${timestamp(attempt.expiresAt)}`;
  });
}

function takesAnswer({ device }: Attempt): boolean {
  return device === undefined;
}

function noneTakesAnswer(open: readonly Attempt[]): LoginRequired | UsageError {
  return open.length === 0 ? noneOpen() : needsNoAnswer(open);
}

function noneOpen(): LoginRequired {
  return new LoginRequired("Cannot finish: no begun login is open", {
    code: "attempt_unknown",
    hint: "keyfob login ACCOUNT --begin",
  });
}

function needsNoAnswer(attempts: readonly Attempt[]): UsageError {
  const names = attempts.map((attempt) => `"${nameOf(attempt)}"`).join(", ");
  return new UsageError(
    `Cannot use an answer for ${names}: that login waits for its code to be entered on another device`,
    {
      code: "needs_no_answer",
      hint: "keyfob finish --state STATE, with the state that keyfob login --begin printed, waits for it",
    },
  );
}

function nameOf({ provider, label }: Attempt): string {
  return formatAccountName({ provider, label });
}
