/**
 * How long a provider asks us to wait (`Retry-After`, RFC 9110 section 10.2.3).
 *
 * @module
 */

/** The three forms of a date, all in GMT (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 …`, `Sunday, 06-Nov-94 …`, `Sun Nov  6 …`. */
const DATE = /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*,? .*\d\d:\d\d:\d\d/;

/**
 * Seconds of the header, zero where its time has come; undefined where there is none, or it cannot be understood. A
 * date is compared with the answer's own `Date`, so that no clock has to be right; with `now` where that is missing.
 */
export function retryAfterSeconds(headers: Headers, now: Date): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const until = readDate(text);
  if (until === undefined) return undefined;
  const sent = readDate(headers.get("date") ?? "") ?? now.getTime();
  return Math.max(0, Math.ceil((until - sent) / 1000));
}

/** Milliseconds since 1970. */
function readDate(text: string): number | undefined {
  if (!DATE.test(text)) return undefined;
  // The oldest form does not name its zone, which is GMT all the same.
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
