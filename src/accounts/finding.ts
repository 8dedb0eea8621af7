/**
 * What a check-up found.
 *
 * @module
 */
import type { KeyfobError } from "../errors.ts";

/** One thing that works, is worth knowing, or stands in the way. */
export interface Finding {
  /** What was looked at: `machine`, `browser`, `port 1455` … */
  readonly subject: string;
  /** `note`: works, and a person may want to know. `bad`: something will fail. */
  readonly state: "good" | "note" | "bad";
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A failure as a finding. */
export function badFinding(subject: string, failure: KeyfobError): Finding {
  const { message, hint } = failure;
  return { subject, state: "bad", message, ...(hint === undefined ? {} : { fix: hint }) };
}
