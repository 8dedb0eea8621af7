/**
 * Times in a person's words.
 *
 * @module
 */
import { span } from "../duration.ts";

/** "expires in 52 minutes", "expired 3 hours ago", or "does not expire". */
export function untilText(expiresAt: Date | null, now: Date): string {
  if (expiresAt === null) return "does not expire";
  const seconds = Math.round((expiresAt.getTime() - now.getTime()) / 1000);
  return seconds >= 0 ? `expires in ${span(seconds)}` : `expired ${span(-seconds)} ago`;
}
