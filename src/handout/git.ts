/**
 * git's credential protocol (gitcredentials(7), git-credential(1)).
 *
 * @module
 */
import { originOf } from "../accounts/resource_origin.ts";
import type { Services } from "../accounts/services.ts";
import { freshToken, type HandedToken } from "../accounts/token.ts";
import type { AccountName } from "../vault/account.ts";
import { printableToken, withoutControls } from "./plain_text.ts";
import { forgetRefusedToken } from "./refused_token.ts";
import { type Holder, holderOf } from "./resource.ts";

/** What git asked, and which account may answer. */
export interface GitRequest {
  /** `get` or `erase`; git allows others, which mean nothing to us. */
  readonly operation: string;
  /** Attributes, one a line. */
  readonly input: string;
  readonly account?: AccountName | undefined;
  readonly signal: AbortSignal;
}

/** Seconds a token must still work: a clone may take a while before its last request. */
const MIN_VALID_SECONDS = 60;

/** A user name that servers take with any token, where neither git, the entry nor the person has one. */
const ANY_USERNAME = "oauth2";

type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * Attributes to answer with, in order; none where the request is not for us.
 *
 * @throws {Refused} `control_characters`
 * @throws what getting a token throws
 */
export async function answerGit(services: Services, request: GitRequest): Promise<[string, string][]> {
  const attributes = parse(request.input);
  const holder = await holderFor(services, request.account, attributes);
  if (holder === undefined) return [];
  if (request.operation === "get") return await get(services, { holder, attributes, signal: request.signal });
  if (request.operation === "erase") {
    const refused = last(attributes, "password") ?? last(attributes, "credential");
    await forgetRefusedToken(services, holder.name, refused);
  }
  return [];
}

/** Lines up to an empty one; a name that ends in `[]` may come several times. */
function parse(input: string): Attributes {
  const attributes = new Map<string, string[]>();
  for (const line of input.split("\n")) {
    if (line === "") break;
    const [, name, value] = /^([^=]+)=(.*)$/u.exec(withoutControls(line, "what git asks")) ?? [];
    if (name !== undefined) attributes.set(name, [...(attributes.get(name) ?? []), value ?? ""]);
  }
  return attributes;
}

async function holderFor(
  services: Services,
  account: AccountName | undefined,
  attributes: Attributes,
): Promise<Holder | undefined> {
  const [protocol, host] = [last(attributes, "protocol"), last(attributes, "host")];
  if (protocol === undefined || host === undefined) return undefined;
  const origin = originOf(`${protocol}://${host}`);
  if (origin === undefined) return undefined;
  const asked = last(attributes, "username");
  const holder = await holderOf(services, { origins: [origin], account, label: asked });
  const own = holder?.usernames.git;
  const isOther = asked !== undefined && own !== undefined && asked !== own && asked !== holder?.name.label;
  return isOther ? undefined : holder;
}

async function get(
  services: Services,
  { holder, attributes, signal }: { holder: Holder; attributes: Attributes; signal: AbortSignal },
): Promise<[string, string][]> {
  const handed = await freshToken(services, {
    name: holder.name,
    minValidSeconds: MIN_VALID_SECONDS,
    isMinValidAsked: false,
    signal,
  });
  if (handed.warning !== undefined) services.notice(handed.warning);
  const own = holder.usernames.git;
  const takesBearer = attributes.get("capability[]")?.includes("authtype") === true;
  return own === undefined && takesBearer
    ? asBearer(handed)
    : asPassword(handed, own ?? last(attributes, "username") ?? ANY_USERNAME);
}

function asPassword(handed: HandedToken, username: string): [string, string][] {
  const password = printableToken(handed.tokens.accessToken);
  return [["username", username], ["password", password], ...expiry(handed)];
}

/** git 2.46 and later send the token itself. Ephemeral: no other helper shall keep it. */
function asBearer(handed: HandedToken): [string, string][] {
  return [
    ["capability[]", "authtype"],
    ["authtype", "Bearer"],
    ["credential", printableToken(handed.tokens.accessToken)],
    ["ephemeral", "1"],
    ...expiry(handed),
  ];
}

/** Seconds since 1970, so that other helpers do not offer the token when it is over. */
function expiry({ tokens }: HandedToken): [string, string][] {
  if (tokens.expiresAt === undefined) return [];
  return [["password_expiry_utc", String(Math.floor(tokens.expiresAt.getTime() / 1000))]];
}

/** git takes the last of several values. */
function last(attributes: Attributes, name: string): string | undefined {
  return attributes.get(name)?.at(-1);
}
