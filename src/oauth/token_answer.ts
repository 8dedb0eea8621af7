/**
 * Makes the answer of a token endpoint conform to RFC 6749 section 5, so that oauth4webapi can judge it.
 *
 * @module
 */
import type { Step } from "../registry/schema.ts";
import type { Secrets } from "./concealment.ts";
import { isLifetime, ownLifetime } from "./lifetime.ts";
import { isSuccess, type RawAnswer, readAnswer, readFields } from "./provider_answer.ts";

/** A canonical answer: JSON with status 200, or 400 with an RFC error code. */
export interface CanonicalAnswer {
  readonly response: Response;
  /** Every field the provider sent, for identity pointers; empty for an error. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly kept: Readonly<Record<string, string>>;
}

/** Errors RFC 6749 section 5.2 speaks of as 400, with the library's expectations on the shape. */
const ERROR_STATUS = 400;

/**
 * Normalises what every provider gets wrong somewhere: `expires_in` as text, as a time or in the token alone, a missing or odd `token_type`,
 * scopes as a list or with commas, null and "" as absent, any 2xx, any content type. `sent` are the secrets of the
 * request, which an error must not repeat.
 *
 * @throws {Unavailable} when the answer says: not now
 */
export function canonicalTokenAnswer(
  raw: RawAnswer,
  shape: Step["response"],
  now: Date,
  sent: Secrets,
): CanonicalAnswer {
  const answer = readAnswer(raw, shape, sent);
  if (!answer.ok) {
    const error = { error: answer.error, error_description: answer.description };
    return { response: json(error, ERROR_STATUS), fields: {}, kept: {} };
  }
  const { fields } = answer;
  const accessToken = text(fields["access_token"]);
  const clock = clockOf(raw, now);
  const canonical = {
    access_token: accessToken,
    token_type: tokenType(fields["token_type"]),
    expires_in: secondsLeft(fields["expires_in"], shape, clock) ?? ownLifetime(accessToken, clock),
    refresh_token: text(fields["refresh_token"]),
    scope: scopeText(fields["scope"]),
    id_token: text(fields["id_token"]),
  };
  return { response: json(canonical, 200), fields, kept: answer.kept };
}

/**
 * The refresh token that replaces the one that was sent, whatever else the answer says: the provider may have ended
 * the old one (STANDARDS 19).
 */
export function replacedRefreshToken(raw: RawAnswer, shape: Step["response"]): string | undefined {
  return isSuccess(raw) ? text(readFields(raw, shape)["refresh_token"]) : undefined;
}

function json(value: object, status: number): Response {
  return new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Providers write `user`, `bot` or nothing; all of them mean a bearer token, unless they say DPoP (RFC 9449). */
function tokenType(value: unknown): string {
  return typeof value === "string" && value.toLowerCase() === "dpop" ? "dpop" : "bearer";
}

/** Lists become words, commas become spaces; a comma inside a URL-shaped scope stays. */
function scopeText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.filter((item) => typeof item === "string").join(" ") || undefined;
  if (typeof value !== "string") return undefined;
  return (value.includes(" ") ? value : value.replaceAll(",", " ")).trim() || undefined;
}

/** The provider's own clock, by which it wrote its times; this machine's where it does not tell. */
function clockOf({ sentAt }: RawAnswer, now: Date): Date {
  return sentAt === undefined ? now : new Date(sentAt);
}

/** Seconds until expiry, whatever the provider's `expires_in` holds. Nonsense counts as absent. */
function secondsLeft(value: unknown, shape: Step["response"], now: Date): number | undefined {
  const seconds = inSeconds(value, shape?.expires ?? "seconds", now);
  return isLifetime(seconds) ? seconds : shape?.default_expires_in;
}

function inSeconds(
  value: unknown,
  kind: "seconds" | "milliseconds" | "epoch" | "iso",
  now: Date,
): number | undefined {
  if ((typeof value !== "string" && typeof value !== "number") || value === "") return undefined;
  if (kind === "iso") return secondsUntil(Date.parse(String(value)), now);
  const number = Number(value);
  if (kind === "milliseconds") return Math.floor(number / 1000);
  return kind === "epoch" ? secondsUntil(number * 1000, now) : number;
}

/** Zero for what is over; undefined for a time before all tokens, as 1970 or the year 1, which stands for never. */
function secondsUntil(milliseconds: number, now: Date): number | undefined {
  if (milliseconds <= 0) return undefined;
  return Math.max(0, Math.floor((milliseconds - now.getTime()) / 1000));
}
