/**
 * Taking marks off the ends of a text, in a time that grows with its length alone: `/x+$/` looks at every run anew.
 *
 * @module
 */

/** `text` without the characters at its start that `mark`, a pattern for one, matches. */
export function withoutStart(text: string, mark: RegExp): string {
  let start = 0;
  while (start < text.length && mark.test(text.charAt(start))) start += 1;
  return text.slice(start);
}

/** `text` without the characters at its end that `mark`, a pattern for one, matches. */
export function withoutEnd(text: string, mark: RegExp): string {
  let end = text.length;
  while (end > 0 && mark.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
