/**
 * How a login speaks to programs while it runs: JSON lines on standard output.
 *
 * @module
 */
import type { LoginEvent, Report } from "../login/event.ts";
import type { Context } from "./context.ts";
import { jsonLine, time } from "./json.ts";

/** Writes `authorize` and `device` as JSON lines; everything else is talk. What cannot be written ends the program. */
export function jsonReport({ terminal, interrupt }: Context): Report {
  return (event) => {
    const document = jsonEvent(event);
    if (document !== undefined) terminal.data(jsonLine(document)).catch(interrupt);
    else if (event.event === "rejected") terminal.say(event.reason);
    else if (event.event === "unheard") terminal.say(event.reason);
    else if (event.event === "notice") terminal.say(event.text);
    else if (event.event === "unopened") terminal.say(`No browser could be opened: ${event.reason}`);
  };
}

function jsonEvent(event: LoginEvent): object | undefined {
  if (event.event === "authorize") {
    const { url, redirectUri, expiresAt, listening } = event;
    return { event: "authorize", url, redirect_uri: redirectUri, expires_at: time(expiresAt), listening };
  }
  if (event.event !== "device") return undefined;
  return {
    event: "device",
    verification_uri: event.verificationUri,
    verification_uri_complete: event.verificationUriComplete ?? null,
    user_code: event.userCode,
    expires_at: time(event.expiresAt),
  };
}
