/**
 * What came back from the provider, before it is believed, and the checks that make it believed.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import * as oauth from "oauth4webapi";
import { Failed, type KeyfobError, Refused, Unavailable } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Attempt } from "./attempt.ts";
import { isTransientCode } from "./provider_answer.ts";
import { authorizationServer, calledIn, type Exchange } from "./server.ts";

/** An authorization response (RFC 6749 section 4.1.2), however it reached us. */
export interface Answer {
  readonly via: "callback" | "paste";
  /** `code`, `state`, `iss`, `error`, `error_description` and whatever else came. */
  readonly parameters: Readonly<Record<string, string>>;
  /** True for a pasted code alone or `code#state`: it cannot carry `iss`; PKCE stands in for that. */
  readonly bare: boolean;
}

/** An answer that is ours: the code, and the callback values that the entry keeps. */
export interface AcceptedAnswer {
  readonly code: string;
  readonly callback: Readonly<Record<string, string>>;
  /** What was granted, where the callback says so. */
  readonly scope?: readonly string[];
}

/** What the library may see of an answer: a stray `token` or `response` parameter would lead it elsewhere. */
const JUDGED = ["code", "state", "iss", "error", "error_description", "error_uri"];

/**
 * Checks `answer` against the attempt: state (RFC 6749 section 10.12), `iss` (RFC 9207), errors.
 *
 * @throws {Refused} when the person or the provider said no
 * @throws {Unavailable} when the provider says: not now; `issuer_unknown` where metadata that may promise an issuer
 *   could not be had
 * @throws {Failed} when the answer is not for this attempt, or from another issuer
 */
export function acceptAnswer(exchange: Exchange, attempt: Attempt, answer: Answer): AcceptedAnswer {
  const { parameters } = answer;
  const isStateless = answer.bare && parameters["state"] === undefined;
  if (isStateless) refuseUnprotectedCode(attempt);
  else refuseOtherState(attempt.state, parameters["state"]);
  const account = calledIn(exchange);
  judge(exchange, answer, answer.bare && attempt.codeVerifier !== undefined);
  const code = parameters["code"];
  if (code === undefined || code === "") {
    throw new Failed(`Cannot log in to "${account}": the answer holds no code`, {
      code: "no_code",
      hint: `start again: keyfob login ${account}`,
    });
  }
  const callback: Record<string, string> = {};
  for (const name of exchange.provider.callback?.keep ?? []) {
    const value = parameters[name];
    if (value !== undefined) callback[name] = value;
  }
  return { code, callback, ...grantedScope(exchange, parameters) };
}

function grantedScope(
  { provider }: Exchange,
  parameters: Answer["parameters"],
): Pick<AcceptedAnswer, "scope"> {
  const granted = provider.callback?.scope === undefined ? undefined : parameters[provider.callback.scope];
  return granted === undefined ? {} : { scope: granted.split(provider.scope_separator).filter(Boolean) };
}

function judge(exchange: Exchange, answer: Answer, mayLackIssuer: boolean): void {
  const seen = new URLSearchParams();
  for (const name of JUDGED) {
    const value = answer.parameters[name];
    if (value !== undefined) seen.set(name, value);
  }
  const { authorization_response_iss_parameter_supported: promised, ...server } =
    authorizationServer(exchange);
  if (exchange.provider.issuer === undefined) seen.delete("iss");
  if (!mayLackIssuer && promised === undefined && !seen.get("iss")) refuseUnknownPromise(exchange);
  const judging = mayLackIssuer
    ? server
    : { ...server, authorization_response_iss_parameter_supported: promised ?? false };
  try {
    oauth.validateAuthResponse(judging, { client_id: "none" }, seen, oauth.skipStateCheck);
  } catch (thrown) {
    if (thrown instanceof oauth.AuthorizationResponseError) throw fromErrorResponse(exchange, thrown);
    throw seen.get("iss") ? otherIssuer(exchange, thrown) : noIssuer(exchange, answer, thrown);
  }
}

function otherIssuer(exchange: Exchange, cause: unknown): Failed {
  return new Failed(
    `Cannot log in to "${calledIn(exchange)}": the answer comes from another issuer, or does not say from whom`,
    {
      code: "issuer_mismatch",
      hint: "somebody may be mixing up logins; start again, and check the issuer in the registry",
      cause,
    },
  );
}

/** Mostly an address that was not copied to its end, where `iss` stands; an attack looks the same (RFC 9207). */
function noIssuer(exchange: Exchange, { via }: Answer, cause: unknown): Failed {
  const account = calledIn(exchange);
  return new Failed(
    `Cannot log in to "${account}": the answer does not say from whom it comes, and ${exchange.provider.name} always does`,
    {
      code: "issuer_mismatch",
      hint:
        via === "paste"
          ? "was it copied whole? Paste the whole address again, to its end: the part with &iss= is missing"
          : `start again: keyfob login ${account}; if it happens again, check the issuer in the registry`,
      cause,
    },
  );
}

/** Who keeps metadata away could otherwise take its promise back, and mix logins up (RFC 9207 section 2.4). */
function refuseUnknownPromise({ provider, metadataFailure }: Exchange): void {
  if (metadataFailure === undefined) return;
  throw new Unavailable(
    `Cannot tell whether the answer comes from "${provider.id}": it does not say so, and whether it must is unknown; ${metadataFailure.message}`,
    {
      code: "issuer_unknown",
      hint: "try again, or say authorization_response_iss_parameter_supported in the registry",
      cause: metadataFailure,
    },
  );
}

function fromErrorResponse(exchange: Exchange, response: oauth.AuthorizationResponseError): KeyfobError {
  const account = calledIn(exchange);
  const { name } = exchange.provider;
  const said = response.error_description === undefined ? "" : ` (${harmless(response.error_description)})`;
  const code = harmless(response.error, 80);
  if (isTransientCode(code)) {
    return new Unavailable(
      `Cannot log in to "${account}": ${name} cannot answer now, it says ${code}${said}`,
      { code },
    );
  }
  if (code === "access_denied") {
    return new Refused(`Cannot log in to "${account}": access was denied at ${name}${said}`, {
      code,
    });
  }
  return new Refused(`Cannot log in to "${account}": ${name} says ${code}${said}`, {
    code,
    hint: `check client_id, scopes and redirect: keyfob providers show ${exchange.provider.id}`,
  });
}

function refuseUnprotectedCode(attempt: Attempt): void {
  if (attempt.codeVerifier !== undefined) return;
  throw new Failed("Cannot accept a bare code: without PKCE only the state protects this login", {
    code: "bare_code",
    hint: "paste the whole address from the address bar",
  });
}

function refuseOtherState(expected: string, found: string | undefined): void {
  if (found !== undefined && equalInConstantTime(expected, found)) return;
  throw new Failed("Cannot accept the answer: its state is not the one this login sent", {
    code: "state_mismatch",
    hint: "it belongs to another login; use the address that this login printed",
  });
}

/** Compares without telling by its duration where the texts differ. */
function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
