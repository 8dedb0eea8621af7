/**
 * XOAUTH2, the SASL mechanism of Google's and Microsoft's mail servers.
 *
 * @module
 */
import { printableToken, withoutControls } from "./plain_text.ts";

/** Ends every part of the message. */
const END = "\u0001";

/**
 * The initial response in base64.
 *
 * @throws {Refused} `control_characters` or `bad_token`
 */
export function xoauth2(user: string, accessToken: string): string {
  const named = withoutControls(user, "the user");
  const message = `user=${named}${END}auth=Bearer ${printableToken(accessToken)}${END}${END}`;
  return Buffer.from(message, "utf8").toString("base64");
}
