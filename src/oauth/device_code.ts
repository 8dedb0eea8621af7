/**
 * Asks for a device code: one to enter on another device (RFC 8628 sections 3.1 and 3.2).
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { Failed } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Provider } from "../registry/provider.ts";
import type { DeviceCode } from "./attempt.ts";
import { secretsOf } from "./concealment.ts";
import { findText } from "./json_pointer.ts";
import { APP } from "./placeholders.ts";
import { type RawAnswer, rawAnswer, readAnswer } from "./provider_answer.ts";
import { calledIn } from "./server.ts";
import { sendStep } from "./step.ts";
import { authenticate } from "./step_authentication.ts";
import type { TokenContext } from "./token_request.ts";

/** Seconds between polls where the provider does not say (RFC 8628 section 3.2). */
const DEFAULT_INTERVAL_SECONDS = 5;
/** Seconds between polls at least, whatever the provider says: less is a mistake, and a burden to it. */
const SHORTEST_INTERVAL_SECONDS = 1;
/** Seconds a code lives where neither the answer nor the entry says. RFC 8628 requires the field; some leave it out. */
const DEFAULT_LIFETIME_SECONDS = 900;
/** Seconds a code lives at most: nobody waits longer than a day, and timers cannot much longer. */
const LONGEST_LIFETIME_SECONDS = 86_400;

export type { DeviceCode } from "./attempt.ts";

/** Whether a device code is worth offering to a person who did not ask for one. */
export function offersDeviceCode({ device, device_authorization_endpoint: endpoint }: Provider): boolean {
  return device?.offered !== false && (device?.request?.endpoint ?? endpoint) !== undefined;
}

/** Whether a device code is the only way in. */
export function knowsDeviceCodesAlone(provider: Provider): boolean {
  const {
    device,
    device_authorization_endpoint: endpoint,
    authorize,
    authorization_endpoint: address,
  } = provider;
  return (
    (device?.request?.endpoint ?? endpoint) !== undefined && (authorize?.endpoint ?? address) === undefined
  );
}

/**
 * Asks for a code (RFC 8628 section 3.1).
 *
 * @throws {Failed} `no_device_flow`, `device_disabled`, or what the provider says
 * @throws {Unavailable} when the provider cannot answer now
 */
export async function requestDeviceCode(context: TokenContext, signal?: AbortSignal): Promise<DeviceCode> {
  const { exchange, client, fetch } = context;
  const { provider } = exchange;
  const { device } = provider;
  const step = device?.request;
  const endpoint = step?.endpoint ?? provider.device_authorization_endpoint;
  if (endpoint === undefined) {
    throw new Failed(
      `Cannot log in to "${calledIn(exchange)}" by a device code: the provider has no such endpoint`,
      {
        code: "no_device_flow",
        hint: `keyfob login ${calledIn(exchange)} --method paste`,
      },
    );
  }
  const scope = device?.scopes ?? provider.scopes;
  const text = scope.join(provider.scope_separator);
  const codeVerifier = device?.pkce === true ? oauth.generateRandomCodeVerifier() : undefined;
  const standard: Record<string, string> = {
    ...(text === "" ? {} : { scope: text }),
    ...(codeVerifier === undefined ? {} : await challenge(codeVerifier)),
  };
  const proof = await authenticate(step?.auth ?? client.authMethod, standard, {
    exchange,
    client,
    accessToken: "",
  });
  const answer = await sendStep(
    {
      step,
      endpoint,
      parameters: proof.parameters,
      headers: proof.headers,
      values: { app: APP, client_id: client.id, scope: text },
      hosts: provider.hosts,
      signal,
    },
    fetch,
  );
  const raw = rawAnswer(answer);
  refuseDisabled(context, raw);
  const code = readDeviceCode(context, raw, scope);
  return codeVerifier === undefined ? code : { ...code, codeVerifier };
}

async function challenge(codeVerifier: string): Promise<Record<string, string>> {
  return {
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  };
}

function refuseDisabled({ exchange }: TokenContext, raw: RawAnswer): void {
  if (exchange.provider.device?.disabled_status?.includes(raw.status) !== true) return;
  throw new Failed(
    `Cannot log in to "${calledIn(exchange)}" by a device code: it is switched off for this account`,
    {
      code: "device_disabled",
      hint: `switch it on in the provider's settings, or paste instead: keyfob login ${calledIn(exchange)} --method paste`,
    },
  );
}

function readDeviceCode(
  { exchange, client }: TokenContext,
  raw: RawAnswer,
  scope: readonly string[],
): DeviceCode {
  const { device } = exchange.provider;
  const read = readAnswer(raw, device?.request?.response, secretsOf(client));
  if (!read.ok) {
    const said = read.description === undefined ? "" : `: ${read.description}`;
    throw new Failed(
      `Cannot log in to "${calledIn(exchange)}" by a device code: the provider says ${read.error}${said}`,
      {
        code: read.error,
        hint: `another way: keyfob login ${calledIn(exchange)} --method paste`,
      },
    );
  }
  const { fields } = read;
  const userCode = findText(fields, "/user_code");
  const address = findText(fields, ["/verification_uri", "/verification_url"]) ?? device?.verification_uri;
  if (userCode === undefined || address === undefined) {
    throw new Failed(`Cannot log in to "${calledIn(exchange)}" by a device code: the answer holds no code`, {
      code: "invalid_answer",
    });
  }
  const complete = findText(fields, ["/verification_uri_complete", "/verification_url_complete"]);
  return {
    userCode: harmless(userCode, 80),
    verificationUri: webAddress(address),
    ...(complete === undefined ? {} : { verificationUriComplete: webAddress(complete) }),
    lifetimeSeconds: Math.min(
      LONGEST_LIFETIME_SECONDS,
      positive(fields["expires_in"]) ?? device?.expires_in ?? DEFAULT_LIFETIME_SECONDS,
    ),
    intervalSeconds: Math.max(
      SHORTEST_INTERVAL_SECONDS,
      positive(fields["interval"]) ?? DEFAULT_INTERVAL_SECONDS,
    ),
    fields: texts(fields),
    scope,
  };
}

function positive(value: unknown): number | undefined {
  const number = Number(value ?? NaN);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

function texts(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const scalar = Object.entries(fields).filter(
    ([, value]) => typeof value === "string" || typeof value === "number",
  );
  return Object.fromEntries(scalar.map(([name, value]) => [name, String(value)]));
}

/** Only web addresses are shown or opened. */
function webAddress(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.href;
  throw new Failed("Cannot show the address for the device code: it is not a web address", {
    code: "invalid_answer",
  });
}
