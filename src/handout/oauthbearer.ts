/**
 * OAUTHBEARER, the SASL mechanism of RFC 7628.
 *
 * @module
 */
import { printableToken, withoutControls } from "./plain_text.ts";

/** Who logs in with what, and where, where the client says so. */
export interface OauthbearerRequest {
  readonly user: string;
  readonly accessToken: string;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** Ends every part of the message. */
const END = "\u0001";

/**
 * The initial response in base64 (RFC 7628 section 3.1).
 *
 * @throws {Refused} `control_characters` or `bad_token`
 */
export function oauthbearer({ user, accessToken, host, port }: OauthbearerRequest): string {
  const parts = [
    `n,a=${saslName(withoutControls(user, "the user"))},`,
    ...(host === undefined ? [] : [`host=${withoutControls(host, "the host")}`]),
    ...(port === undefined ? [] : [`port=${port}`]),
    `auth=Bearer ${printableToken(accessToken)}`,
  ];
  return Buffer.from(`${parts.join(END)}${END}${END}`, "utf8").toString("base64");
}

/** A comma would end the name (RFC 5801 section 4). */
function saslName(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}
