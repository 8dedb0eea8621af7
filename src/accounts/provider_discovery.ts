/**
 * Finds out who signs people in behind an address: the issuer, or any page of the provider.
 *
 * @module
 */
import { Failed, UsageError } from "../errors.ts";
import { type GuardedFetch, isSafeAddress } from "../guarded_fetch.ts";
import { discover, wellKnownAddresses } from "../oauth/discovery.ts";

/** Levels of a path that are tried: issuers end with a tenant or realm, two or three levels deep. */
const DEEPEST_PATH = 6;

/** Milliseconds that one request may take: a person waits in front of it. */
const PATIENCE_MILLISECONDS = 10_000;

/** Scopes worth asking for: who it is, and a login that lasts. */
const USEFUL_SCOPES = ["openid", "profile", "email", "offline_access"];

/** What the metadata of a provider says, as far as an entry needs it. */
export interface FoundProvider {
  readonly issuer: string;
  /** Useful scopes that it declares. */
  readonly scopes: readonly string[];
  /** Endpoints that it names, for people to see; entries leave them to discovery. */
  readonly endpoints: readonly string[];
}

/**
 * The address that a person means: `https://` where no scheme is given.
 *
 * @throws {UsageError} code `bad_address`
 */
export function addressIn(text: string): URL {
  const bare = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare : `https://${bare}`);
  if (url !== null && isSafeAddress(url) && /[.:]|^localhost$/.test(url.hostname)) return url;
  throw new UsageError(`Cannot use "${bare.slice(0, 200)}" as an address`, {
    code: "bad_address",
    hint: "give an https address such as https://id.example.com; http only on this machine",
  });
}

/**
 * Asks the address, and every address above it, for metadata (RFC 8414, OpenID Connect Discovery). Undefined where
 * there is none.
 *
 * @throws {Unavailable} when the network failed
 */
export async function findProvider(
  address: URL,
  fetch: GuardedFetch,
  signal?: AbortSignal,
): Promise<FoundProvider | undefined> {
  for (const candidate of candidates(address)) {
    const issuer = await issuerAt(candidate, fetch, signal);
    if (issuer === undefined || !mayPointTo(address, issuer)) continue;
    const metadata = await passing(() => discover(issuer, patient(fetch), { signal }));
    if (metadata !== undefined) return describe(issuer, metadata);
  }
  return undefined;
}

/** The address without query and metadata path, then its parents, each without a slash at the end. */
function candidates(address: URL): string[] {
  const [before = "", after] = address.pathname.split(/\/\.well-known\/[^/]+/);
  const segments = (after ? after : before).split("/").filter((segment) => segment !== "");
  const kept = segments.slice(0, DEEPEST_PATH);
  return kept
    .map((_, index) => kept.slice(0, kept.length - index))
    .concat([[]])
    .map((path) => [address.origin, ...path].join("/"));
}

/** The issuer that a document there names: it alone knows whether it ends with a slash. */
async function issuerAt(
  candidate: string,
  fetch: GuardedFetch,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const url of wellKnownAddresses(candidate)) {
    const answer = await passing(() =>
      patient(fetch)({ url, headers: { accept: "application/json" }, signal }),
    );
    const issuer = answer?.status === 200 ? issuerIn(answer.text) : undefined;
    if (issuer !== undefined) return issuer;
  }
  return undefined;
}

function issuerIn(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const isDocument = typeof document === "object" && document !== null && "issuer" in document;
    return isDocument && typeof document.issuer === "string" ? document.issuer : undefined;
  } catch {
    return undefined;
  }
}

/** A stranger's document never points into this machine, nor to where no metadata can be trusted. */
function mayPointTo(address: URL, issuer: string): boolean {
  const url = URL.parse(issuer);
  if (url === null || !isSafeAddress(url)) return false;
  return url.protocol === "https:" || address.protocol === "http:";
}

function describe(issuer: string, metadata: Readonly<Record<string, unknown>>): FoundProvider {
  const declared = metadata["scopes_supported"];
  const isOpenId = metadata["id_token_signing_alg_values_supported"] !== undefined;
  const usual = isOpenId ? ["openid"] : [];
  return {
    issuer,
    scopes: Array.isArray(declared) ? USEFUL_SCOPES.filter((scope) => declared.includes(scope)) : usual,
    endpoints: Object.keys(metadata).filter((name) => /_endpoint$|^jwks_uri$/.test(name)),
  };
}

/** What keyfob refuses to follow or cannot read is no document; a network that fails is another matter. */
async function passing<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (failure) {
    if (failure instanceof Failed) return undefined;
    throw failure;
  }
}

function patient(fetch: GuardedFetch): GuardedFetch {
  return (request) => fetch({ ...request, deadline: new Date(Date.now() + PATIENCE_MILLISECONDS) });
}
