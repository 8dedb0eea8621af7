/**
 * Lets oauth4webapi send through the guarded fetch, and turns its errors into keyfob's.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { ConfigurationError, Failed, KeyfobError, LoginRequired } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import { harmless } from "../hostile_text.ts";

type LibraryFetch = (
  url: string,
  options: { headers: Record<string, string>; signal?: AbortSignal },
) => Promise<Response>;

/** GET requests of the library (keys), through the guarded fetch. */
export function libraryFetch(fetch: GuardedFetch): LibraryFetch {
  return async (url, options) => {
    const answer = await fetch({ url: new URL(url), headers: options.headers, signal: options.signal });
    return new Response(answer.text, { status: answer.status, headers: answer.headers });
  };
}

/** OAuth errors that say something is wrong with the client, not with the person's login (RFC 6749 section 5.2). */
const CLIENT_ERRORS: ReadonlySet<string> = new Set(["invalid_client", "unauthorized_client"]);

/**
 * The keyfob error for what the library threw while `doing` (as in "redeem the code of \"acme\"").
 * `cause` may hold tokens: it is kept non-enumerable and never printed.
 */
export function fromLibrary(thrown: unknown, doing: string): KeyfobError {
  if (thrown instanceof KeyfobError) return thrown;
  if (thrown instanceof oauth.ResponseBodyError) return fromErrorAnswer(thrown, doing);
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (code === oauth.JWT_TIMESTAMP_CHECK) {
    return new Failed(`Cannot ${doing}: the id_token is not valid at this machine's time`, {
      code: "clock",
      hint: "check this machine's clock (timedatectl, or w32tm /resync)",
      cause: thrown,
    });
  }
  const reason = thrown instanceof Error ? harmless(thrown.message) : "the answer is not understood";
  return new Failed(`Cannot ${doing}: ${reason}`, { code: "invalid_answer", cause: thrown });
}

function fromErrorAnswer(answer: oauth.ResponseBodyError, doing: string): KeyfobError {
  const said = answer.error_description === undefined ? "" : `: ${harmless(answer.error_description)}`;
  const message = `Cannot ${doing}: the provider says ${harmless(answer.error, 80)}${said}`;
  if (answer.error === "invalid_grant")
    return new LoginRequired(message, { code: "invalid_grant", cause: answer });
  if (CLIENT_ERRORS.has(answer.error)) {
    return new ConfigurationError(message, {
      code: answer.error,
      hint: "check client_id, client_secret and token_endpoint_auth_methods_supported: keyfob providers show; keyfob providers add ID --client-secret-file FILE replaces a sealed secret",
      cause: answer,
    });
  }
  return new Failed(message, { code: harmless(answer.error, 80), cause: answer });
}
