/**
 * The protocol of docker-credential programs (github.com/docker/docker-credential-helpers).
 *
 * @module
 */
import { originOf } from "../accounts/resource_origin.ts";
import type { Services } from "../accounts/services.ts";
import { freshToken } from "../accounts/token.ts";
import type { AccountName } from "../vault/account.ts";
import { printableToken, withoutControls } from "./plain_text.ts";
import { forgetRefusedToken } from "./refused_token.ts";
import { type Holder, holderOf, listHolders } from "./resource.ts";

/** What docker asked, and which account may answer. */
export interface DockerRequest {
  /** `get`, `store`, `erase` or `list`. */
  readonly operation: string;
  /** The server for `get` and `erase`. */
  readonly input: string;
  readonly account?: AccountName | undefined;
  readonly signal: AbortSignal;
}

/** What docker reads on standard output: a document, or the reason why there is none, with exit status 1. */
export type DockerAnswer = { readonly document?: object } | { readonly refusal: string };

/** Seconds a token must still work: docker sends it at once. */
const MIN_VALID_SECONDS = 60;
/** A user name that registries take with any token, where neither the entry nor the person has one. */
const ANY_USERNAME = "oauth2";

/** The very words by which docker knows that it may go on without credentials. */
const NOT_FOUND = "credentials not found in native keychain";
const NO_STORE = "keyfob hands out its own logins and keeps no others: keyfob login PROVIDER";

/**
 * Answers docker.
 *
 * @throws {Refused} `control_characters`
 * @throws what getting a token throws
 */
export async function answerDocker(services: Services, request: DockerRequest): Promise<DockerAnswer> {
  switch (request.operation) {
    case "list":
      return { document: await list(services) };
    case "store":
      return { refusal: NO_STORE };
    case "get":
    case "erase":
      return await answerAbout(services, request);
    default:
      return { refusal: `there is no operation ${JSON.stringify(request.operation)}` };
  }
}

async function answerAbout(services: Services, request: DockerRequest): Promise<DockerAnswer> {
  const server = withoutControls(request.input.trim(), "the server that docker asks for");
  const holder = await holderOf(services, { origins: originsOf(server), account: request.account });
  if (request.operation === "get") {
    return holder === undefined ? { refusal: NOT_FOUND } : await get(services, { holder, server, request });
  }
  if (holder !== undefined) await forgetRefusedToken(services, holder.name, undefined);
  return {};
}

async function get(
  services: Services,
  asked: { readonly holder: Holder; readonly server: string; readonly request: DockerRequest },
): Promise<DockerAnswer> {
  const { holder, server, request } = asked;
  const { tokens, warning } = await freshToken(services, {
    name: holder.name,
    minValidSeconds: MIN_VALID_SECONDS,
    isMinValidAsked: false,
    signal: request.signal,
  });
  if (warning !== undefined) services.notice(warning);
  const username = holder.usernames.docker ?? ANY_USERNAME;
  return {
    document: { ServerURL: server, Username: username, Secret: printableToken(tokens.accessToken) },
  };
}

/** User names by server, of the accounts that are for container registries. */
async function list(services: Services): Promise<object> {
  const holders = await listHolders(services);
  const named = holders.flatMap(({ origins, usernames }) =>
    usernames.docker === undefined ? [] : origins.map((origin) => [origin, usernames.docker] as const),
  );
  return Object.fromEntries(named);
}

/** docker names most servers by host alone; then https is meant, or on this machine perhaps http. */
function originsOf(server: string): string[] {
  const [host = ""] = server.replace(/^https?:\/\//, "").split("/");
  const schemes = server.startsWith("http://")
    ? ["http"]
    : server.startsWith("https://")
      ? ["https"]
      : ["https", "http"];
  return schemes.map((scheme) => originOf(`${scheme}://${host}`)).filter((origin) => origin !== undefined);
}
