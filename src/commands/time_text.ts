/**
 * Times in a person's words.
 *
 * @module
 */

/** "expires in 52 minutes", "expired 3 hours ago", or "does not expire". */
export function untilText(expiresAt: Date | null, now: Date): string {
  if (expiresAt === null) return "does not expire";
  const seconds = Math.round((expiresAt.getTime() - now.getTime()) / 1000);
  return seconds >= 0 ? `expires in ${span(seconds)}` : `expired ${span(-seconds)} ago`;
}

/** "52 minutes": the largest unit of which there are two or more. */
export function span(seconds: number): string {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} minutes`;
  return seconds < 2 * 86_400
    ? `${Math.floor(seconds / 3600)} hours`
    : `${Math.floor(seconds / 86_400)} days`;
}
