/**
 * Telling the answer of the provider from every other request that reaches the callback.
 *
 * @module
 */
import type { Answer } from "../oauth/answer.ts";
import { isSameSecret } from "./same_secret.ts";

/** What came is the answer, or why it is not. */
export type Reading = { readonly answer: Answer } | { readonly stray: string };

/** Parameters that mean something; RFC 6749 section 3.1 allows each once. */
const MEANINGFUL = ["state", "code", "error", "error_description", "error_uri", "iss"];
/** Tokens in an answer are the implicit flow, which is refused (RFC 9700 section 2.1.2). */
const TOKENS = ["access_token", "id_token"];

/** Reads an authorization response (RFC 6749 section 4.1.2); `state` is looked at first (STANDARDS 70). */
export function readAnswer(parameters: URLSearchParams, state: string): Reading {
  const [given, ...more] = parameters.getAll("state");
  if (given === undefined) return { stray: "it has no state" };
  if (more.length > 0 || !isSameSecret(given, state)) return { stray: "its state is not ours" };
  const repeated = MEANINGFUL.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) return { stray: `"${repeated}" stands in it twice` };
  const token = TOKENS.find((name) => parameters.has(name));
  if (token !== undefined) return { stray: `it carries "${token}", which keyfob never takes from a browser` };
  if (!parameters.get("code") && !parameters.get("error")) return { stray: "it has neither code nor error" };
  return { answer: { via: "callback", parameters: Object.fromEntries(parameters), bare: false } };
}

/** Whether the browser only guesses that the person will want this page. */
export function isPrefetch(headers: Headers): boolean {
  return ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"].some((name) =>
    /prefetch|prerender|preview/i.test(headers.get(name) ?? ""),
  );
}

/** Names by which a browser on the person's machine reaches a loopback listener; no DNS answer can add to them. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** What a listener is called from outside. */
export interface OwnNames {
  readonly port: number;
  /** Host, with port where that is unusual, of an address that forwards here. */
  readonly publicHost?: string | undefined;
}

/** Whether `Host` names our listener: a page elsewhere that rebinds its own name is caught here. */
export function isOurHost(host: string | null, { port, publicHost }: OwnNames): boolean {
  if (publicHost !== undefined && host?.toLowerCase() === publicHost) return true;
  return LOOPBACK_NAMES.some((name) => host === `${name}:${port}` || (port === 80 && host === name));
}

/** Whether a form came from our own page. With `no-referrer`, browsers say `Origin: null` even then (Fetch, 3.2). */
export function isFromOurPage(headers: Headers, names: OwnNames): boolean {
  const origin = headers.get("Origin");
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null && site !== "same-origin") return false;
  return origin === null || origin === "null" || isOurHost(origin.replace(/^https?:\/\//, ""), names);
}

/** The form that was posted, or undefined where it is none or longer than `limit` bytes. */
export async function readForm(request: Request, limit: number): Promise<URLSearchParams | undefined> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded" || request.body === null) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of request.body) {
    length += piece.length;
    if (length > limit) return undefined;
    text += decoder.decode(piece, { stream: true });
  }
  return new URLSearchParams(text);
}
