/**
 * Polls until a device code is approved, denied or over (RFC 8628 sections 3.4 and 3.5).
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { Failed, Refused, TimedOut, Unavailable } from "../errors.ts";
import { type Secrets, secretsOf } from "./concealment.ts";
import type { DeviceCode } from "./device_code.ts";
import { type Grant, judgeGrant } from "./grant.ts";
import { findText } from "./json_pointer.ts";
import { prefixed } from "./placeholders.ts";
import { type RawAnswer, readAnswer } from "./provider_answer.ts";
import { calledIn } from "./server.ts";
import { redeem } from "./token.ts";
import { canonicalTokenAnswer } from "./token_answer.ts";
import { inheritStep, requestToken, type TokenContext } from "./token_request.ts";

/** Seconds that `slow_down` adds for good (RFC 8628 section 3.5). */
const SLOW_DOWN_SECONDS = 5;
/** Seconds between polls at most, however often the network fails. */
const LONGEST_INTERVAL_SECONDS = 60;

/**
 * Polls until the code is approved, denied or over. Waits by a clock that does not
 * jump, so that neither a suspend nor a corrected clock ends the wait early or makes it spin.
 * `signal` ends the wait between polls; a poll that was sent ends first, as it may bring the tokens.
 *
 * @throws {Refused} when the person said no
 * @throws {TimedOut} when the code is over: `expired_token`; or the person's patience: `timed_out`
 * @throws {Unavailable} when either is, and the last poll failed
 * @throws {Failed} for any other answer
 */
export async function pollDevice(
  context: TokenContext,
  code: DeviceCode,
  signal: AbortSignal,
  polling: Polling = {},
): Promise<Grant> {
  const { wait = waitByTimer, exclusively = (poll) => poll(), patience, abandoned } = polling;
  const { seenThrough = (work) => work() } = polling;
  const seconds = Math.min(code.lifetimeSeconds, patience?.seconds ?? Infinity);
  const end = performance.now() + seconds * 1000;
  let interval = code.intervalSeconds;
  let failure: Unavailable | undefined;
  for (;;) {
    const left = (end - performance.now()) / 1000;
    await wait(Math.max(0, Math.min(interval, left)), signal);
    if (left <= interval)
      throw over(context, { failure, spent: endsEarly(code, patience) ? patience : undefined });
    const polled = await seenThrough(() => exclusively(() => pollOnce(context, code, abandoned)));
    if (polled.state === "approved") return seenThrough(() => grantOf(context, code, polled.raw, abandoned));
    failure = polled.state === "unreachable" ? polled.failure : undefined;
    if (polled.state === "slow_down") interval += SLOW_DOWN_SECONDS;
    if (polled.state === "unreachable") interval = backedOff(interval);
  }
}

/** How to poll, where it is not as usual. */
export interface Polling {
  readonly wait?: Wait;
  /** Runs one poll so that nobody else polls for the same code: a second approval would spend it twice. */
  readonly exclusively?: (poll: () => Promise<Polled>) => Promise<Polled>;
  /** Runs what `signal` does not end. */
  readonly seenThrough?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly patience?: Patience | undefined;
  /** Ends a poll under way too, where nobody wants its tokens any more. */
  readonly abandoned?: AbortSignal;
}

/** How long a person wants to wait, and how they wrote it: `3s`. */
export interface Patience {
  readonly seconds: number;
  readonly text: string;
}

/** Whether the person's patience ends before the code does. */
export function endsEarly(code: DeviceCode, patience: Patience | undefined): patience is Patience {
  return patience !== undefined && patience.seconds < code.lifetimeSeconds;
}

/** Waits for `seconds`; throws the reason of `signal` where that ends the wait. */
export type Wait = (seconds: number, signal: AbortSignal) => Promise<void>;

async function waitByTimer(seconds: number, signal: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** Twice as long up to a minute; never shorter than the provider asked for. */
function backedOff(interval: number): number {
  return Math.max(interval, Math.min(LONGEST_INTERVAL_SECONDS, interval * 2));
}

/** What one poll found. */
export type Polled =
  | { readonly state: "approved"; readonly raw: RawAnswer }
  | { readonly state: "pending" | "slow_down" }
  | { readonly state: "unreachable"; readonly failure: Unavailable };

async function pollOnce(
  context: TokenContext,
  code: DeviceCode,
  signal: AbortSignal | undefined,
): Promise<Polled> {
  const { provider } = context.exchange;
  const step = inheritStep(provider.token, provider.device?.poll);
  try {
    const raw = await requestToken(context, {
      grantType: "urn:ietf:params:oauth:grant-type:device_code",
      parameters: {
        device_code: code.fields["device_code"] ?? "",
        ...(code.codeVerifier === undefined ? {} : { code_verifier: code.codeVerifier }),
      },
      step,
      values: { ...prefixed("device", code.fields), scope: code.scope.join(provider.scope_separator) },
      signal,
    });
    if (provider.device?.pending_status?.includes(raw.status) === true) return { state: "pending" };
    const read = readAnswer(raw, step?.response, secretsSent(context, code));
    if (!read.ok) return refusal(context, read.error, read.description);
    return { state: "approved", raw };
  } catch (failure) {
    if (failure instanceof Unavailable) return { state: "unreachable", failure };
    throw failure;
  }
}

/** Whatever the device code came with: providers name it as they like, and ask for more than one. */
function secretsSent({ client }: TokenContext, { fields, codeVerifier }: DeviceCode): Secrets {
  return [...Object.values(fields), codeVerifier, ...secretsOf(client)];
}

function refusal(context: TokenContext, error: string, description: string | undefined): Polled {
  const account = calledIn(context.exchange);
  if (error === "authorization_pending") return { state: "pending" };
  if (error === "slow_down") return { state: "slow_down" };
  if (error === "expired_token") throw expired(context);
  const said = description === undefined ? "" : ` (${description})`;
  if (error === "access_denied") {
    const { name } = context.exchange.provider;
    throw new Refused(`Cannot log in to "${account}": access was denied at ${name}${said}`, {
      code: error,
      hint: `to try again: keyfob login ${account} --method device`,
    });
  }
  throw new Failed(`Cannot log in to "${account}" by a device code: the provider says ${error}${said}`, {
    code: error,
  });
}

/** Tokens, or where the entry says so a code with its verifier, which is then redeemed like any other. */
async function grantOf(
  context: TokenContext,
  code: DeviceCode,
  raw: RawAnswer,
  signal: AbortSignal | undefined,
): Promise<Grant> {
  const { provider } = context.exchange;
  const shape = inheritStep(provider.token, provider.device?.poll)?.response;
  if (provider.device?.yields !== "code") {
    const canonical = canonicalTokenAnswer(raw, shape, context.now(), secretsSent(context, code));
    return judgeGrant(context, canonical, {
      doing: `log in to "${calledIn(context.exchange)}"`,
      scope: code.scope,
    });
  }
  const read = readAnswer(raw, shape, secretsSent(context, code));
  const fields = read.ok ? read.fields : {};
  const [authorizationCode, codeVerifier] = [findText(fields, "/code"), findText(fields, "/code_verifier")];
  if (authorizationCode === undefined) {
    const account = calledIn(context.exchange);
    throw new Failed(`Cannot log in to "${account}" by a device code: the answer holds no code`, {
      code: "invalid_answer",
    });
  }
  const attempt = {
    redirectUri: provider.device.redirect_uri ?? "",
    scope: code.scope,
    ...(codeVerifier === undefined ? {} : { codeVerifier }),
  };
  return redeem(context, attempt, { code: authorizationCode, callback: {} }, signal);
}

/** Whoever polled to the end knows that nobody approved; where the last poll failed, nobody knows. */
function over(
  context: TokenContext,
  { failure, spent }: { readonly failure: Unavailable | undefined; readonly spent: Patience | undefined },
): TimedOut | Unavailable {
  const account = calledIn(context.exchange);
  if (failure !== undefined) {
    const time = spent === undefined ? "the device code is over" : `the wait of ${spent.text} is over`;
    return new Unavailable(
      `Cannot log in to "${account}": ${time}, and the provider could not be asked at last: ${failure.message}`,
      { code: failure.code, hint: failure.hint ?? `keyfob login ${account} --method device`, cause: failure },
    );
  }
  if (spent === undefined) return expired(context);
  return new TimedOut(`Cannot log in to "${account}": nobody approved the device code within ${spent.text}`, {
    hint: `keyfob login ${account} --method device --timeout 15m`,
  });
}

function expired({ exchange }: TokenContext): TimedOut {
  const account = calledIn(exchange);
  return new TimedOut(`Cannot log in to "${account}": the device code is over, nobody approved it in time`, {
    code: "expired_token",
    hint: `keyfob login ${account} --method device`,
  });
}
