/**
 * Recognises the web page of somebody between here and the provider: a firewall, a proxy, the sign-in of a network.
 *
 * @module
 */
import { Unavailable } from "../errors.ts";
import type { Step } from "../registry/schema.ts";
import { isSuccess, isTransient, type RawAnswer } from "./provider_answer.ts";

/**
 * Refuses a page as the answer to a refresh. Token endpoints answer in JSON, errors too (RFC 6749 section 5), so that a
 * page says nothing about the login: it is kept, and the refresh may be tried again. A status that says "not now", or
 * to which the entry gives a meaning, keeps it.
 *
 * @throws {Unavailable} code `not_oauth`; `sent` for a success, which the provider may stand behind
 */
export function refuseForeignPage(raw: RawAnswer, shape: Step["response"]): void {
  const isPage = /^\s*</.test(raw.text);
  const hasMeaning = isTransient(raw.status) || shape?.error?.as?.[String(raw.status)] !== undefined;
  if (!isPage || hasMeaning) return;
  throw new Unavailable(
    `The provider did not answer: there came a web page (HTTP ${raw.status}), and nothing was lost`,
    {
      code: "not_oauth",
      hint: "a firewall, a proxy or the sign-in page of a network may stand between; if it stays so, check token_endpoint in the registry",
      sent: isSuccess(raw),
    },
  );
}
