/**
 * How a login speaks while it runs: sentences on standard error, or JSON lines on standard output.
 *
 * @module
 */
import type { LoginEvent, Report } from "../login/event.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { jsonLine, time } from "./json.ts";
import { span } from "./time_text.ts";

/** What a person without a browser here must know, or a successful login looks like a failed one. */
const EXPLANATION = [
  "After you approve, the browser may say that the site cannot be reached.",
  "That is expected: copy the whole address from the address bar and paste it here.",
];

/** Speaks to a person. The address stands alone on its line, unwrapped, so that it can be copied. */
export function spokenReport(
  { terminal, services }: Context,
  how: { readonly name: AccountName; readonly opens: boolean },
): Report {
  const account = formatAccountName(how.name);
  return (event) => {
    switch (event.event) {
      case "authorize":
        terminal.say(
          how.opens
            ? `Opening your browser to log in to ${account}. If none opens, go to:`
            : `To log in to ${account}, open this address in a browser:`,
        );
        terminal.say(`\n${event.url}\n`, "strong");
        if (!how.opens) for (const line of EXPLANATION) terminal.say(line);
        terminal.say(
          `Waiting for ${span(secondsUntil(event.expiresAt, services.now()))}; ctrl-C gives up.`,
          "quiet",
        );
        return;
      case "device":
        terminal.say(`To log in to ${account}, open this address on any device:`);
        terminal.say(`\n${event.verificationUri}\n`, "strong");
        terminal.say("and enter this code:");
        terminal.say(`\n${event.userCode}\n`, "strong");
        if (event.verificationUriComplete !== undefined) {
          terminal.say(
            "Or open this address, which holds the code already; check that it shows the same code:",
          );
          terminal.say(`\n${event.verificationUriComplete}\n`);
        }
        terminal.say(
          `The code is good for ${span(secondsUntil(event.expiresAt, services.now()))}; ctrl-C gives up.`,
          "quiet",
        );
        return;
      case "notice":
        return terminal.say(event.text, "warning");
      case "rejected":
        terminal.say(event.reason, "warning");
        if (event.hint !== undefined) terminal.say(`  hint: ${event.hint}`);
        return;
      case "answered":
        return terminal.say("Got an answer, finishing the login…", "quiet");
    }
  };
}

/** Writes `authorize` and `device` as JSON lines; everything else is talk. */
export function jsonReport({ terminal }: Context): Report {
  let last = Promise.resolve();
  return (event) => {
    const document = jsonEvent(event);
    if (document !== undefined) last = last.then(() => terminal.data(jsonLine(document)));
    else if (event.event === "rejected") terminal.say(event.reason);
    else if (event.event === "notice") terminal.say(event.text);
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

function secondsUntil(then: Date, now: Date): number {
  return Math.max(0, Math.round((then.getTime() - now.getTime()) / 1000));
}
