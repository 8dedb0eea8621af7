/**
 * Text that goes into another program's line protocol, where a control character could start a line of its own.
 *
 * @module
 */
import { Refused } from "../errors.ts";

const CONTROL = /\p{Cc}/u;
/** What an access token may hold (RFC 6749 A.12). */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * `text` as it is.
 *
 * @throws {Refused} `control_characters`; the text is not in the message
 */
export function withoutControls(text: string, what: string): string {
  if (!CONTROL.test(text)) return text;
  throw new Refused(`Cannot use ${what}: it holds control characters`, { code: "control_characters" });
}

/**
 * `token` as it is.
 *
 * @throws {Refused} `bad_token` (STANDARDS 79)
 */
export function printableToken(token: string): string {
  if (TOKEN.test(token)) return token;
  throw new Refused("Cannot hand out the token: it holds characters that no token may have", {
    code: "bad_token",
  });
}
