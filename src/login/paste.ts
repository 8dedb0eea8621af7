/**
 * Reading the provider's answer from what a person pasted.
 *
 * @module
 */
import { Failed } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Answer } from "../oauth/answer.ts";
import { withoutEnd } from "./edges.ts";
import { pastedLines } from "./pasted_text.ts";
import { isSameSecret } from "./same_secret.ts";

/** What the answer must match. */
export interface ExpectedAnswer {
  readonly state: string;
  readonly redirectUri: string;
  /** Whether the login uses PKCE, which alone makes a bare code safe. */
  readonly pkce: boolean;
}

/** What a paste turned out to be. */
type Paste =
  | { readonly form: "empty" }
  | { readonly form: "prose" }
  | { readonly form: "address"; readonly address: URL; readonly parameters: URLSearchParams }
  /** `isCut`: somebody took code and state out of the answer, and left the rest. */
  | { readonly form: "parameters"; readonly parameters: URLSearchParams; readonly isCut: boolean }
  | { readonly form: "code"; readonly code: string };

/** Characters a paste may have; the longest answers seen are under 8,000. */
const LONGEST_PASTE = 65_536;
/** Longer texts are no codes; the longest known, signed ones of Microsoft and Amazon, stay under 3,000. */
const LONGEST_CODE = 8192;
/** Shorter texts are words typed by mistake ("yes", "help"), not codes. */
const SHORTEST_CODE = 6;

const COPY_HINT =
  "after approving, copy the whole address from the browser's address bar, even when the page cannot be reached, and paste it here";

/** Names that may stand in an answer once (RFC 6749 section 3.1). */
const MEANINGFUL = ["state", "code", "error", "error_description", "error_uri", "iss"];

/**
 * The answer that a pasted text holds, in any form that PRODUCT.md names.
 *
 * @throws {Failed} `bad_paste`, `authorization_address`, `wrong_address`, `no_answer_in_address`, `state_missing`,
 *   `state_mismatch` or `bare_code`; the message never repeats the code
 */
export function parsePastedAnswer(text: string, expected: ExpectedAnswer): Answer {
  const paste = recognise(text, expected.redirectUri);
  switch (paste.form) {
    case "empty":
      throw bad("bad_paste", "nothing was pasted");
    case "prose":
      throw bad("bad_paste", "this does not look like an address or a code");
    case "code":
      return bareAnswer(paste.code, expected);
    case "address":
      checkAddress(paste.address, paste.parameters, expected.redirectUri);
      return fullAnswer(paste.parameters, expected);
    case "parameters":
      checkParameters(paste.parameters);
      return { ...fullAnswer(paste.parameters, expected), bare: paste.isCut };
  }
}

/** The `state` that a pasted text carries, for finding the login it belongs to. Undefined for a bare code. */
export function findState(text: string): string | undefined {
  const paste = recognise(text);
  return "parameters" in paste ? (paste.parameters.get("state") ?? undefined) : undefined;
}

function recognise(text: string, redirectUri?: string): Paste {
  const lines = text.length > LONGEST_PASTE ? [] : pastedLines(text);
  const joined = lines.join("").replaceAll("&amp;", "&");
  if (joined === "") return { form: text.trim() === "" ? "empty" : "prose" };
  const compact = decodedWhole(joined.replace(/\s+/g, ""));
  const address = addressIn(compact, redirectUri);
  if (address !== undefined) return { form: "address", address, parameters: parametersOf(address) };
  const parameters = parametersIn(compact);
  if (parameters !== undefined)
    return { form: "parameters", parameters, isCut: isCutOut(compact, parameters) };
  const cut = codeAndState(compact);
  if (cut !== undefined) return { form: "parameters", parameters: cut, isCut: true };
  const isCode =
    compact.length >= SHORTEST_CODE &&
    compact.length <= LONGEST_CODE &&
    /^[\x21-\x7e]+$/.test(compact) &&
    !/\s/.test(joined);
  return isCode ? { form: "code", code: decodedCode(compact) } : { form: "prose" };
}

/** An address that was percent-encoded as a whole, as inside another address. */
function decodedWhole(text: string): string {
  return /^https?%3A%2F%2F/i.test(text) ? decoded(text) : text;
}

/** A code copied by hand out of an address bar is still percent-encoded; no provider's raw code looks like that. */
function decodedCode(code: string): string {
  return /%[0-9A-F]{2}/i.test(code) ? decoded(code) : code;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address in `text`: after words of a chat, or without the scheme that browsers hide. */
function addressIn(text: string, redirectUri: string | undefined): URL | undefined {
  const start = text.search(/https?:\/\//i);
  if (start >= 0 && !text.slice(0, start).includes("=")) return URL.parse(text.slice(start)) ?? undefined;
  const known = redirectUri === undefined ? undefined : URL.parse(redirectUri)?.host;
  const isKnown = known !== undefined && text.toLowerCase().startsWith(known);
  const isLoopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?#]|$)/i.test(text);
  return isKnown || isLoopback || isHostAndQuery(text)
    ? (URL.parse(`http://${text}`) ?? undefined)
    : undefined;
}

function isHostAndQuery(text: string): boolean {
  const query = text.search(/[?#]/);
  return /^[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?\//i.test(text) && query >= 0 && text.indexOf("=") > query;
}

/** The answer stands in the query or, with `response_mode=fragment`, in the fragment; some add a fragment of their own. */
function parametersOf(address: URL): URLSearchParams {
  const { searchParams } = address;
  const isAnswered = ["code", "error", "state"].some((name) => searchParams.has(name));
  return isAnswered ? searchParams : new URLSearchParams(address.hash.slice(1));
}

/** `code=…&state=…` that starts in the middle of an answer: what else stood there, nobody knows. */
function isCutOut(text: string, parameters: URLSearchParams): boolean {
  return text.startsWith("code=") && !parameters.has("iss");
}

/** `?…`, `#…`, `/path?…` or `code=…&state=…`. */
function parametersIn(text: string): URLSearchParams | undefined {
  const query = /^(?:\/[^?#=]*)?[?#](.+)$/.exec(text)?.[1] ?? text;
  const isQuery = /(?:^|&)(?:code|error|state|access_token|id_token)=/.test(query);
  return isQuery ? new URLSearchParams(query.replace(/#(?:_=_)?$/, "")) : undefined;
}

/** `code#state`, as pages of providers show it. */
function codeAndState(text: string): URLSearchParams | undefined {
  const [code, state, ...more] = text.split("#");
  if (!code || !state || more.length > 0) return undefined;
  return new URLSearchParams([
    ["code", decodedCode(code)],
    ["state", decodedCode(state)],
  ]);
}

function checkAddress(address: URL, parameters: URLSearchParams, redirectUri: string): void {
  const isRequest = ["response_type", "code_challenge", "request_uri"].some((name) =>
    address.searchParams.has(name),
  );
  if (isRequest && !parameters.has("code")) {
    throw bad("authorization_address", "this is the address to open, not the one that comes back", {
      hint: `open it in a browser and approve; ${COPY_HINT}`,
    });
  }
  const expected = new URL(redirectUri);
  if (!isSamePlace(address, expected)) {
    throw bad(
      "wrong_address",
      `it is an address of "${harmless(address.host, 80)}${harmless(address.pathname, 40)}", and this login comes back to "${expected.host}${expected.pathname}"`,
    );
  }
  checkParameters(parameters);
}

/** Same host, port and path; the loopback names are one host, and `https` may have been put in by the browser. */
function isSamePlace(address: URL, expected: URL): boolean {
  const place = ({ hostname, port, pathname }: URL): string =>
    `${/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? "loopback" : hostname}:${port} ${withoutEnd(pathname, /\//)}`;
  return place(address) === place(expected);
}

function checkParameters(parameters: URLSearchParams): void {
  if (parameters.has("access_token") || parameters.has("id_token")) {
    throw bad("bad_paste", "it carries tokens, which keyfob never takes from a browser");
  }
  const repeated = MEANINGFUL.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined)
    throw bad("bad_paste", `"${repeated}" stands in it twice; was it pasted twice?`);
  if (!parameters.get("code") && !parameters.get("error")) {
    throw bad(
      "no_answer_in_address",
      "it holds no code; was the login approved, and the address copied whole?",
    );
  }
}

function fullAnswer(parameters: URLSearchParams, { state }: ExpectedAnswer): Answer {
  const given = parameters.get("state");
  if (!given) {
    throw bad(
      "state_missing",
      'the "state" that keyfob sent is not in it, so it may be cut off or not be an answer to this login',
    );
  }
  if (!isSameSecret(given, state)) {
    throw bad("state_mismatch", "it is the answer to another login, or it was cut off at the end", {
      hint: "open the address printed last, approve, and paste the address that this brings",
    });
  }
  return { via: "paste", parameters: Object.fromEntries(parameters), bare: false };
}

function bareAnswer(code: string, { pkce }: ExpectedAnswer): Answer {
  if (!pkce) {
    throw bad(
      "bare_code",
      "a code alone is not enough for this provider, because the login runs without PKCE",
    );
  }
  return { via: "paste", parameters: { code }, bare: true };
}

function bad(code: string, reason: string, { hint = COPY_HINT }: { hint?: string } = {}): Failed {
  return new Failed(`Cannot use this paste: ${reason}`, { code, hint });
}
