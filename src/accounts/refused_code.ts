/**
 * The next step after the provider has refused a login.
 *
 * @module
 */
import { Failed, KeyfobError, LoginRequired, Refused } from "../errors.ts";
import { UNKNOWN_CODE } from "../login/flow.ts";
import type { Answer } from "../oauth/answer.ts";

/** Whether `failure` says that the provider refused the code (RFC 6749 section 5.2). */
export function isRefusedCode(failure: unknown): boolean {
  return failure instanceof LoginRequired && failure.code === "invalid_grant";
}

/**
 * `failure` with the next step, where it is a refused code that comes without one: to paste again what was pasted
 * alone, else to begin anew with the command `again`. So does whom the provider denied access.
 */
export function withNextStep(failure: unknown, answer: Answer | undefined, again: string): unknown {
  if (!(failure instanceof KeyfobError) || failure.hint !== undefined) return failure;
  if (failure instanceof Refused && failure.code === "access_denied") {
    const { message, code, details } = failure;
    return new Refused(message, { code, hint: `to try again: ${again}`, details, cause: failure });
  }
  const isBare = answer?.bare === true && UNKNOWN_CODE.has(failure.code);
  if (!isBare && !isRefusedCode(failure)) return failure;
  const hint = isBare
    ? `was it copied whole? Paste it again, or begin again: ${again}`
    : `a code works once, and not for long; begin again: ${again}`;
  const options = { code: failure.code, hint, details: failure.details, cause: failure };
  return isRefusedCode(failure)
    ? new LoginRequired(failure.message, options)
    : new Failed(failure.message, options);
}
