/**
 * Reads what a provider answered, in whatever shape its entry declares, into RFC-shaped fields or an RFC-shaped error.
 *
 * @module
 */
import { Unavailable } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Step } from "../registry/schema.ts";
import { at, find, findText } from "./json_pointer.ts";

/** What is left of an HTTP answer once it is journalled: enough to read it again later. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** Seconds of a `Retry-After` header, where there is one. */
  readonly retryAfterSeconds?: number;
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

/** Characters below which a text is no secret worth hiding. */
const SHORTEST_SECRET = 6;

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
  const retryAfter = Number(answer.headers.get("retry-after") ?? NaN);
  return {
    status: answer.status,
    contentType: answer.headers.get("content-type") ?? "",
    text: answer.text,
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
  };
}

/**
 * Reads `raw` as the entry's `response` block says. Any 2xx and any content type will do: JSON first, then a form.
 * `sent` are the secrets of the request: some providers repeat them in their errors, which people read.
 *
 * @throws {Unavailable} for 408, 425, 429 and 5xx that the entry does not map to an OAuth error
 */
export function readAnswer(
  raw: RawAnswer,
  shape: Step["response"],
  sent: readonly (string | undefined)[] = [],
): ReadAnswer {
  const document = decode(raw.text);
  const failure = findError(raw, document, { shape, sent });
  if (failure !== undefined) return failure;
  const fields: Record<string, unknown> = isRecord(document) ? { ...document } : {};
  for (const [name, pointers] of Object.entries(shape?.map ?? {})) fields[name] = find(document, pointers);
  return { ok: true, fields, kept: keepValues(document, shape?.keep) };
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
  { shape, sent }: { readonly shape: Step["response"]; readonly sent: readonly (string | undefined)[] },
): ReadAnswer | undefined {
  const error = shape?.error;
  const succeeded = raw.status >= 200 && raw.status < 300;
  const declared = error?.at !== undefined && saysError(at(document, error.at), error.unless);
  const usual = error?.at === undefined && find(document, "/error") !== undefined;
  if (succeeded && !declared && !usual) return undefined;
  const code = findText(
    document,
    error?.code ??
      (error?.at !== undefined && error.unless === undefined ? [error.at, ...USUAL_CODE] : USUAL_CODE),
  );
  const mapped = mapCode(error?.as, code, succeeded ? undefined : raw.status);
  if (mapped === undefined && isTransient(raw.status)) throw transientFailure(raw);
  const message = conceal(findText(document, error?.message ?? USUAL_MESSAGE), sent);
  return {
    ok: false,
    error: harmless(mapped ?? conceal(code, sent) ?? `http_${raw.status}`, 80),
    description: message === undefined ? undefined : harmless(message),
    status: raw.status,
  };
}

/** `text` without `secrets`; a secret of a few letters would hide whole words. */
function conceal(text: string | undefined, secrets: readonly (string | undefined)[]): string | undefined {
  return secrets.reduce<string | undefined>(
    (rest, secret) =>
      secret === undefined || secret.length < SHORTEST_SECRET ? rest : rest?.replaceAll(secret, "…"),
    text,
  );
}

function saysError(value: unknown, unless: string | number | boolean | undefined): boolean {
  if (unless !== undefined) return value !== unless;
  return value !== undefined && value !== null && value !== false && value !== "" && value !== 0;
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

/** 429 and 503 say that the request was not acted upon; another 5xx may come after a token was rotated. */
function transientFailure(raw: RawAnswer): Unavailable {
  const busy = TRANSIENT_STATUS.has(raw.status) || raw.status === 503;
  return new Unavailable(`The provider cannot answer now (HTTP ${raw.status})`, {
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
