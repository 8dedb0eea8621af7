/**
 * AWS's `credential_process`: a login turned into temporary credentials of a role.
 *
 * @module
 */
import { freshIdToken } from "../accounts/id_token.ts";
import type { Services } from "../accounts/services.ts";
import { freshToken, type TokenRequest } from "../accounts/token.ts";
import { Refused, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { readHolder } from "./resource.ts";
import { assumeRole } from "./sts.ts";

/** What is asked for. */
export interface AwsRequest {
  readonly name: AccountName;
  readonly roleArn: string;
  /** Address of the token service; AWS's own, of the region where one is given, where absent. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** The account's name where absent. */
  readonly sessionName?: string | undefined;
  readonly durationSeconds?: number | undefined;
  /** The access token in place of the id_token: for services that check it themselves. */
  readonly wantsAccessToken: boolean;
  readonly signal: AbortSignal;
}

/** Seconds the token must still work: it is sent at once. */
const MIN_VALID_SECONDS = 60;

const ROLE_ARN = /^arn:[a-z0-9-]+:iam::[0-9]{12}:role\/[\x21-\x7e]{1,512}$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-[0-9]$/;
const SESSION_NAME = /^[A-Za-z0-9_=,.@-]{2,64}$/;
/** Regions of the partition in China have a domain of their own. */
const CHINA = /^cn-/;

/**
 * The document of a `credential_process`.
 *
 * @throws {UsageError} `bad_value`
 * @throws {Refused} `foreign_endpoint` where the service is not among the account's `resources`
 * @throws what getting a token and asking the service throw
 */
export async function answerAws(services: Services, request: AwsRequest): Promise<object> {
  const endpoint = endpointOf(request);
  const roleArn = matching(request.roleArn, ROLE_ARN, "a role: arn:aws:iam::123456789012:role/NAME");
  const sessionName = sessionNameOf(request);
  await refuseForeignEndpoint(services, request.name, endpoint);
  const webIdentityToken = await tokenFor(services, request);
  const { durationSeconds, signal } = request;
  const role = { endpoint, roleArn, sessionName, durationSeconds, webIdentityToken, signal };
  return { Version: 1, ...(await assumeRole(services.fetch, role)) };
}

async function tokenFor(services: Services, request: AwsRequest): Promise<string> {
  const { name, signal } = request;
  const asked: TokenRequest = { name, minValidSeconds: MIN_VALID_SECONDS, isMinValidAsked: false, signal };
  return request.wantsAccessToken
    ? (await freshToken(services, asked)).tokens.accessToken
    : (await freshIdToken(services, asked)).idToken;
}

function endpointOf({ endpoint, region }: AwsRequest): URL {
  if (endpoint !== undefined && region !== undefined) {
    throw new UsageError("Cannot ask two token services: both --endpoint and --region are given", {
      code: "two_endpoints",
      hint: "give one of them",
    });
  }
  if (endpoint !== undefined) {
    const url = URL.parse(endpoint);
    if (url !== null) return url;
    throw badValue(endpoint, "an address: https://sts.eu-west-1.amazonaws.com");
  }
  if (region === undefined) return new URL("https://sts.amazonaws.com");
  const place = matching(region, REGION, "a region: eu-west-1");
  return new URL(`https://sts.${place}.amazonaws.com${CHINA.test(place) ? ".cn" : ""}`);
}

function sessionNameOf({ sessionName, name }: AwsRequest): string {
  if (sessionName === undefined) return `${name.provider}-${name.label}`.replaceAll("+", "_").slice(0, 64);
  return matching(sessionName, SESSION_NAME, "a session name: 2 to 64 letters, digits and =,.@-_");
}

function matching(text: string, pattern: RegExp, wanted: string): string {
  if (pattern.test(text)) return text;
  throw badValue(text, wanted);
}

function badValue(text: string, wanted: string): UsageError {
  const [what, example = ""] = wanted.split(": ");
  return new UsageError(`Cannot use "${harmless(text, 80)}" as ${what}`, {
    code: "bad_value",
    hint: example,
  });
}

/** The token goes there, so it is a resource like any other. */
async function refuseForeignEndpoint(services: Services, name: AccountName, endpoint: URL): Promise<void> {
  const { origins } = await readHolder(services, name);
  if (origins.includes(endpoint.origin)) return;
  const account = formatAccountName(name);
  throw new Refused(`Cannot send the token of "${account}" to "${endpoint.origin}": it is not for there`, {
    code: "foreign_endpoint",
    hint: `declare it in config.json: "accounts": {"${account}": {"resources": ["${endpoint.origin}"]}}`,
  });
}
