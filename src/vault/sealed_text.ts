/**
 * Sessions, attempts and answers as the text that is sealed.
 *
 * Fields unknown to this version survive the way there and back.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import type { Attempt } from "../oauth/attempt.ts";
import type { Session } from "./account.ts";

/** A token answer as it came, before anybody judged it. */
export interface JournalledAnswer {
  readonly rawAnswer: string;
  readonly receivedAt: Date;
}

export function sessionToText(session: Session): string {
  const { tokens } = session;
  return JSON.stringify({ ...session, tokens: { ...tokens, expiresAt: tokens.expiresAt?.getTime() } });
}

/** @throws {ConfigurationError} code `record_unreadable` */
export function sessionFromText(text: string): Session {
  const session = fieldsOf(text);
  const { expiresAt, ...tokens } = objectOf(session["tokens"]);
  if (typeof tokens["accessToken"] !== "string" || !Array.isArray(tokens["scope"])) throw unreadable();
  objectOf(session["client"]);
  const read = expiresAt === undefined ? tokens : { ...tokens, expiresAt: dateOf(expiresAt) };
  return { ...session, tokens: read } as unknown as Session;
}

export function attemptToText(attempt: Attempt): string {
  return JSON.stringify({ ...attempt, expiresAt: attempt.expiresAt.getTime() });
}

/** @throws {ConfigurationError} code `record_unreadable` */
export function attemptFromText(text: string): Attempt {
  const attempt = fieldsOf(text);
  if (typeof attempt["state"] !== "string" || typeof attempt["provider"] !== "string") throw unreadable();
  return { ...attempt, expiresAt: dateOf(attempt["expiresAt"]) } as unknown as Attempt;
}

export function answerToText(answer: JournalledAnswer): string {
  return JSON.stringify({ rawAnswer: answer.rawAnswer, receivedAt: answer.receivedAt.getTime() });
}

/** @throws {ConfigurationError} code `record_unreadable` */
export function answerFromText(text: string): JournalledAnswer {
  const { rawAnswer, receivedAt } = fieldsOf(text);
  if (typeof rawAnswer !== "string") throw unreadable();
  return { rawAnswer, receivedAt: dateOf(receivedAt) };
}

function fieldsOf(text: string): Record<string, unknown> {
  return objectOf(JSON.parse(text));
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable();
  return value as Record<string, unknown>;
}

function dateOf(value: unknown): Date {
  if (typeof value !== "number") throw unreadable();
  return new Date(value);
}

function unreadable(): ConfigurationError {
  return new ConfigurationError(
    "Cannot read a record of the vault: it has another form than this version writes",
    {
      code: "record_unreadable",
      hint: "keyfob upgrade, or log in again",
    },
  );
}
