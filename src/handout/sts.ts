/**
 * Changing a token for AWS credentials at a Security Token Service (AssumeRoleWithWebIdentity).
 *
 * @module
 */
import { Failed, type KeyfobError, Refused, Unavailable } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import { harmless } from "../hostile_text.ts";

/** The role to take on. */
export interface RoleRequest {
  /** Where the service is; the token goes there. */
  readonly endpoint: URL;
  readonly roleArn: string;
  /** 2 to 64 letters, digits and `=,.@-_`; stands in the account's logs. */
  readonly sessionName: string;
  /** Seconds the credentials shall live; the role's own default where absent. */
  readonly durationSeconds?: number | undefined;
  readonly webIdentityToken: string;
  readonly signal: AbortSignal;
}

/** Temporary credentials; the names are AWS's own. */
export interface RoleCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

/** The only version of the interface there is. */
const API_VERSION = "2011-06-15";

/** Codes that will pass. */
const TRANSIENT = new Set(["IDPCommunicationError", "Throttling", "ServiceUnavailable", "InternalFailure"]);
/** Codes by which the service says no to this token or this role. */
const REFUSALS = new Set([
  "AccessDenied",
  "ExpiredTokenException",
  "IDPRejectedClaim",
  "InvalidIdentityToken",
]);

/**
 * Asks the service for credentials.
 *
 * @throws {Refused} `sts_refused` where it says no
 * @throws {Unavailable} where it fails for now
 * @throws {Failed} `sts_failed` or `sts_answer`
 */
export async function assumeRole(fetch: GuardedFetch, request: RoleRequest): Promise<RoleCredentials> {
  const { endpoint, signal } = request;
  const { status, text } = await fetch({
    url: endpoint,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/xml" },
    body: parameters(request).toString(),
    signal,
  });
  if (status >= 200 && status < 300) return readCredentials(text);
  throw refusal(endpoint, status, text);
}

function parameters({
  roleArn,
  sessionName,
  durationSeconds,
  webIdentityToken,
}: RoleRequest): URLSearchParams {
  return new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: API_VERSION,
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: webIdentityToken,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: String(durationSeconds) }),
  });
}

function readCredentials(text: string): RoleCredentials {
  const credentials = element(text, "Credentials") ?? "";
  return {
    AccessKeyId: value(credentials, "AccessKeyId"),
    SecretAccessKey: value(credentials, "SecretAccessKey"),
    SessionToken: value(credentials, "SessionToken"),
    Expiration: value(credentials, "Expiration"),
  };
}

/** What stands in the one element `name`, which has no attributes; undefined where there is none, or several. */
function element(text: string, name: string): string | undefined {
  const [first, ...more] = text.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, "g"));
  return more.length === 0 ? first?.[1] : undefined;
}

/** Plain printable text: none of these values needs an escape, so whatever has one is not what it should be. */
function value(credentials: string, name: string): string {
  const found = element(credentials, name)?.trim() ?? "";
  if (/^[\x21-\x25\x27-\x3b\x3d-\x7e]+$/.test(found)) return found;
  throw new Failed(`Cannot read the answer of the token service: it has no ${name}`, {
    code: "sts_answer",
    hint: "is --endpoint the address of an AWS Security Token Service?",
  });
}

function refusal(endpoint: URL, status: number, text: string): KeyfobError {
  const code = harmless(element(text, "Code") ?? `status ${status}`, 80);
  const said = harmless(element(text, "Message") ?? "it says no more");
  const message = `Cannot take on the role: "${endpoint.origin}" answers ${code}: ${said}`;
  if (status === 429 || status >= 500 || TRANSIENT.has(code)) return new Unavailable(message, { sent: true });
  if (REFUSALS.has(code)) {
    const hint =
      "the role's trust policy must name the provider, the audience (your client id) and the person";
    return new Refused(message, { code: "sts_refused", hint });
  }
  return new Failed(message, { code: "sts_failed" });
}
