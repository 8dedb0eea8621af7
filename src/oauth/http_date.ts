/**
 * Dates in HTTP headers.
 *
 * @module
 */

/** The three forms of a date, all in GMT (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 …`, `Sunday, 06-Nov-94 …`, `Sun Nov  6 …`. */
const DATE = /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*,? .*\d\d:\d\d:\d\d/;

/** Milliseconds since 1970; undefined for what is no date. */
export function readHttpDate(text: string): number | undefined {
  if (!DATE.test(text)) return undefined;
  // The oldest form does not name its zone, which is GMT all the same.
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
