/**
 * Certificates that travel with an account, as a person compares them.
 *
 * @module
 */
import type { DescribedCertificate } from "../certificate_text.ts";
import type { Context } from "./context.ts";

/** Certificates that are shown: one authority has two or three, and a whole system's list would hide the rest. */
const MOST_SHOWN = 5;
/** Pairs of digits of a fingerprint on one line: 16 take 47 columns. */
const PAIRS_A_LINE = 16;

/** Says each with its SHA-256 fingerprint, and how many there are beyond. */
export function sayCertificates(
  terminal: Context["terminal"],
  certificates: readonly DescribedCertificate[],
): void {
  for (const { subject, sha256 } of certificates.slice(0, MOST_SHOWN)) {
    terminal.say(`  ${subject}`);
    terminal.say(fingerprintLines(sha256));
  }
  const more = certificates.length - MOST_SHOWN;
  if (more > 0) terminal.say(`  and ${more} more`);
}

function fingerprintLines(sha256: string): string {
  const pairs = sha256.split(":");
  const halves = [pairs.slice(0, PAIRS_A_LINE), pairs.slice(PAIRS_A_LINE)];
  return halves
    .map((half) => half.join(":"))
    .reduce((one, other) => `    SHA-256 ${one}:\n            ${other}`);
}
