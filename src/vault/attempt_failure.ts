/**
 * How an attempt came to nothing, as its tombstone says it in the column of states.
 *
 * @module
 */

/** Its code was refused; it failed otherwise; it was a device code, and brought nothing. */
export interface AttemptFailure {
  readonly outcome: "refused" | "failed" | "unapproved";
  /** The account as people write it. Names are data in every table. */
  readonly account: string;
}

const FAILURE = /^(refused|failed|unapproved) (.+)$/s;

/** The state of an attempt's tombstone. Versions that do not know such a state take the attempt as used. */
export function tombstoneState(failure: AttemptFailure | undefined): string {
  return failure === undefined ? "finished" : `${failure.outcome} ${failure.account}`;
}

/** The failure that a state tells of; `used` where it tells of none. */
export function failureOfState(state: string): AttemptFailure | "used" {
  const [, outcome, account] = FAILURE.exec(state) ?? [];
  return account === undefined ? "used" : { outcome: outcome as AttemptFailure["outcome"], account };
}
