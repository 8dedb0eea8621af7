/**
 * Durations as people write and read them: `30s`, `5m`, `1h`; "52 minutes".
 *
 * @module
 */
import { UsageError } from "./errors.ts";

const DURATION = /^([0-9]{1,9})(s|m|h)$/;
const SECONDS_IN = { s: 1, m: 60, h: 3600 } as const;

/** A day: nobody waits longer, and timers of more than 24 days overflow. */
const LONGEST_SECONDS = 24 * 3600;

/**
 * Seconds in `text`.
 *
 * @throws {UsageError} `bad_duration`
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  const unit = match?.[2];
  const seconds = unit === "s" || unit === "m" || unit === "h" ? Number(match?.[1]) * SECONDS_IN[unit] : NaN;
  if (seconds >= 0 && seconds <= LONGEST_SECONDS) return seconds;
  throw new UsageError(`Cannot read "${text}" as a duration`, {
    code: "bad_duration",
    hint: "write a number and s, m or h, such as 30s, 5m or 1h; at most 24h",
  });
}

/** "52 minutes": the largest unit of which there are two or more. */
export function span(seconds: number): string {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} minutes`;
  return seconds < 2 * 86_400
    ? `${Math.floor(seconds / 3600)} hours`
    : `${Math.floor(seconds / 86_400)} days`;
}
