/**
 * Reads what a provider answered, in whatever shape its entry declares, into RFC-shaped fields or an RFC-shaped error.
 *
 * @module
 */
import { Unavailable } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Step } from "../registry/schema.ts";
import { conceal, type Secrets } from "./concealment.ts";
import { readHttpDate } from "./http_date.ts";
import { at, find, findText } from "./json_pointer.ts";
import { retryAfterSeconds } from "./retry_after.ts";

/** What is left of an HTTP answer once it is journalled: enough to read it again later. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** Seconds of a `Retry-After` header, where there is one. */
  readonly retryAfterSeconds?: number;
  /** What the provider's clock said, in milliseconds since 1970, where it told (`Date`). */
  readonly sentAt?: number;
}

/** An answer read. `fields` are named as the RFCs do; unknown ones are left as they came. */
export type ReadAnswer =
  | { readonly ok: true; readonly fields: Record<string, unknown>; readonly kept: Record<string, string> }
  | {
      readonly ok: false;
      readonly error: string;
      readonly description: string | undefined;
      readonly status: number;
    };

/** Statuses that say: not now. RFC 8628 section 3.5 and RFC 6749 leave them to HTTP. */
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

/** Error codes that say the same; RFC 6749 has them for the authorization endpoint alone, but providers do not care. */
const TRANSIENT_CODE: ReadonlySet<string> = new Set(["temporarily_unavailable", "server_error"]);

/** What providers write into an error field where there is none; a form has nothing but text. */
const NO_ERROR: ReadonlySet<unknown> = new Set([undefined, null, false, 0, "", "false", "0"]);

const USUAL_CODE = ["/error/code", "/error/type", "/error/status", "/error", "/error_code", "/code"];
const USUAL_MESSAGE = [
  "/error_description",
  "/error/message",
  "/message",
  "/error_message",
  "/detail",
  "/reason",
];

/** The parts of an HTTP answer that are worth keeping. */
export function rawAnswer(answer: { status: number; headers: Headers; text: string }): RawAnswer {
  const wait = retryAfterSeconds(answer.headers, new Date());
  const sentAt = readHttpDate(answer.headers.get("date") ?? "");
  return {
    status: answer.status,
    contentType: answer.headers.get("content-type") ?? "",
    text: answer.text,
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    ...(sentAt === undefined ? {} : { sentAt }),
  };
}

/**
 * Reads `raw` as the entry's `response` block says. Any 2xx and any content type will do: JSON first, then a form.
 * `sent` are the secrets of the request: some providers repeat them in their errors, which people read.
 *
 * @throws {Unavailable} for 408, 425, 429 and 5xx that the entry does not map to an OAuth error, and for the codes
 *   `temporarily_unavailable` and `server_error`
 */
export function readAnswer(raw: RawAnswer, shape: Step["response"], sent: Secrets): ReadAnswer {
  const document = decode(raw.text);
  const failure = findError(raw, document, { shape, sent });
  if (failure !== undefined) return failure;
  return { ok: true, fields: namedFields(document, shape), kept: keepValues(document, shape?.keep) };
}

/** The fields of an answer as {@link readAnswer} names them, also where it calls itself an error. */
export function readFields(raw: RawAnswer, shape: Step["response"]): Record<string, unknown> {
  return namedFields(decode(raw.text), shape);
}

function namedFields(document: unknown, shape: Step["response"]): Record<string, unknown> {
  const fields: Record<string, unknown> = isRecord(document) ? { ...document } : {};
  for (const [name, pointers] of Object.entries(shape?.map ?? {})) fields[name] = find(document, pointers);
  return fields;
}

/** The values that `keep` points at, as text. */
export function keepValues(
  document: unknown,
  keep: Readonly<Record<string, string | readonly string[]>> | undefined,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, pointers] of Object.entries(keep ?? {})) {
    const value = findText(document, pointers);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function findError(
  raw: RawAnswer,
  document: unknown,
  { shape, sent }: { readonly shape: Step["response"]; readonly sent: Secrets },
): ReadAnswer | undefined {
  const error = shape?.error;
  const succeeded = isSuccess(raw);
  if (succeeded && !saysError(at(document, error?.at ?? "/error"), error?.unless)) return undefined;
  const code = findCode(document, error);
  const mapped = mapCode(error?.as, code, succeeded ? undefined : raw.status);
  if (mapped === undefined && isTransient(raw.status)) throw transientFailure(raw);
  if (isTransientCode(mapped ?? code)) throw transientFailure(raw, mapped ?? code);
  const message = conceal(findText(document, error?.message ?? USUAL_MESSAGE), sent);
  return {
    ok: false,
    error: harmless(mapped ?? conceal(code, sent) ?? `http_${raw.status}`, 80),
    description: message === undefined ? undefined : harmless(message),
    status: raw.status,
  };
}

type ErrorShape = NonNullable<Step["response"]>["error"];

/** Where no place is declared, a field that holds more fields, or no more than yes or no, has no code to tell. */
function findCode(document: unknown, error: ErrorShape): string | undefined {
  if (error?.code !== undefined) return findText(document, error.code);
  const declared = error?.at !== undefined && error.unless === undefined ? [error.at] : [];
  const telling = USUAL_CODE.filter((pointer) => {
    const value = at(document, pointer);
    return (typeof value === "string" || typeof value === "number") && !NO_ERROR.has(value);
  });
  return findText(document, [...declared, ...telling]);
}

function saysError(value: unknown, unless: string | number | boolean | undefined): boolean {
  if (unless !== undefined) return value !== unless;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return !NO_ERROR.has(value);
}

/** Any 2xx: what was asked for is done, whatever the answer says of it. */
export function isSuccess({ status }: RawAnswer): boolean {
  return status >= 200 && status < 300;
}

/** The provider's own code is the more exact word; its HTTP status comes second. */
function mapCode(
  as: Readonly<Record<string, string>> | undefined,
  code: string | undefined,
  status: number | undefined,
): string | undefined {
  if (as === undefined) return undefined;
  if (code !== undefined && Object.hasOwn(as, code)) return as[code];
  return status !== undefined && Object.hasOwn(as, String(status)) ? as[String(status)] : undefined;
}

/** Whether an HTTP status says: not now. */
export function isTransient(status: number): boolean {
  return status >= 500 || TRANSIENT_STATUS.has(status);
}

/** Whether an error code says: not now. */
export function isTransientCode(code: string | undefined): boolean {
  return code !== undefined && TRANSIENT_CODE.has(code);
}

/** 429 and 503 say that the request was not acted upon; another 5xx may come after a token was rotated. */
function transientFailure(raw: RawAnswer, code?: string): Unavailable {
  const busy = TRANSIENT_STATUS.has(raw.status) || raw.status === 503 || code === "temporarily_unavailable";
  const said = code === undefined ? "" : `, it says ${code}`;
  return new Unavailable(`The provider cannot answer now (HTTP ${raw.status}${said})`, {
    code: raw.status === 429 ? "rate_limited" : "provider_unavailable",
    hint: "try again in a moment; nothing was lost",
    sent: !busy,
    retryAfterSeconds: raw.retryAfterSeconds,
  });
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.includes("=") && !text.trimStart().startsWith("<")
      ? Object.fromEntries(new URLSearchParams(text))
      : undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
