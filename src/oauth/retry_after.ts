/**
 * How long a provider asks us to wait (`Retry-After`, RFC 9110 section 10.2.3).
 *
 * @module
 */
import { readHttpDate } from "./http_date.ts";

/**
 * Seconds of the header, zero where its time has come; undefined where there is none, or it cannot be understood. A
 * date is compared with the answer's own `Date`, so that no clock has to be right; with `now` where that is missing.
 */
export function retryAfterSeconds(headers: Headers, now: Date): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const until = readHttpDate(text);
  if (until === undefined) return undefined;
  const sent = readHttpDate(headers.get("date") ?? "") ?? now.getTime();
  return Math.max(0, Math.ceil((until - sent) / 1000));
}
