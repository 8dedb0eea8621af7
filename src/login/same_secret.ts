/**
 * Comparing a secret with what a stranger sent.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** Whether both are the same text, in a time that tells nothing about where they differ or how long they are. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
