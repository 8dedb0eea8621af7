/**
 * Text from providers, registries and pastes, made harmless before a person sees it.
 *
 * @module
 */

/** Characters a message of a stranger may take on the screen: enough for a sentence, too few to push ours away. */
const LONGEST_TEXT = 300;

/** Line breaks and tabs become spaces; other controls, bidi, zero-width and tag characters vanish. */
const SPACES = /[\t\n\r\u0085\u2028\u2029]+/g;
/** What most text is made of; a list of ten thousand names feels the difference. */
const PRINTABLE = /^[ -~]*$/;
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- control characters are what this pattern is for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

/** `text` on one line, without control, bidi or zero-width characters, of at most `longest` characters. */
export function harmless(text: string, longest: number = LONGEST_TEXT): string {
  if (text.length <= longest && PRINTABLE.test(text)) return text.trim();
  const clean = text.replace(SPACES, " ").replace(INVISIBLE, "").trim();
  if (clean.length <= longest) return clean;
  const characters = Array.from(clean);
  return characters.length <= longest ? clean : `${characters.slice(0, longest - 1).join("")}…`;
}
