/**
 * What a request must look like by the words of an entry; written apart from src/oauth, to be compared with what it sends.
 *
 * @module
 */
import type { Provider } from "../../src/registry/provider.ts";
import type { Step } from "../../src/registry/schema.ts";

/** The credentials that the simulated client was given. */
export interface SimulatedClient {
  readonly id: string | undefined;
  readonly secret: string | undefined;
}

/** Every request that an entry can describe. */
export type Purpose =
  | "token"
  | "refresh"
  | "device.request"
  | "device.poll"
  | `exchange.${number}`
  | "whoami"
  | "revoke";

/** A request as it must arrive. */
export interface DeclaredRequest {
  readonly purpose: Purpose;
  readonly method: string;
  /** Without query. */
  readonly address: string;
  readonly body: "form" | "json" | "query" | "none";
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Exact headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether an `authorization` header may come at all. */
  readonly isAuthorized: boolean;
}

/** What placeholders stand for. */
export type Values = Readonly<Record<string, string | undefined>>;

type Parameters = Record<string, unknown>;

/** The request for `purpose`; undefined where the entry has none. */
export function declaredRequest(
  purpose: Purpose,
  provider: Provider,
  client: SimulatedClient,
  values: Values,
): DeclaredRequest | undefined {
  const step = stepFor(purpose, provider);
  const endpoint = step?.endpoint ?? endpointFor(purpose, provider);
  if (endpoint === undefined) return undefined;
  const method = step?.method ?? (purpose === "whoami" ? "GET" : "POST");
  const auth = step?.auth ?? usualAuth(purpose, provider, client);
  const proof = proofOf(auth, provider, client, values);
  return {
    purpose,
    method,
    address: fillAddress(endpoint, values),
    body: step?.body ?? (method === "GET" ? "query" : "form"),
    parameters: rewritten({ ...standardFor(purpose, values), ...proof.parameters }, step, values),
    headers: { ...proof.headers, ...filledHeaders(step, values) },
    isAuthorized: proof.headers["authorization"] !== undefined || hasHeader(step, "authorization"),
  };
}

/** The block for `purpose`, with what follow-ups of the token request take over from it. */
export function stepFor(purpose: Purpose, provider: Provider): Step | undefined {
  const { token, refresh, device, exchange, whoami, revoke } = provider;
  if (purpose === "token") return token;
  if (purpose === "refresh") return refresh === false ? undefined : following(token, refresh);
  if (purpose === "device.request") return device?.request;
  if (purpose === "device.poll") return following(token, device?.poll);
  if (purpose === "whoami") return whoami;
  return purpose === "revoke" ? revoke : exchange?.[Number(purpose.split(".")[1])];
}

function following(token: Step | undefined, own: Step | undefined): Step {
  const inherited: Partial<Step> = { ...token };
  delete inherited.params;
  delete inherited.endpoint;
  return { ...inherited, ...own };
}

function endpointFor(purpose: Purpose, provider: Provider): string | undefined {
  if (purpose === "device.request") return provider.device_authorization_endpoint;
  if (purpose === "device.poll" && !hasDeviceFlow(provider)) return undefined;
  if (purpose === "whoami") return provider.userinfo_endpoint;
  if (purpose === "revoke") return provider.revocation_endpoint;
  return provider.token_endpoint;
}

/** Whether device codes can be asked for. */
export function hasDeviceFlow({ device, device_authorization_endpoint: endpoint }: Provider): boolean {
  return (device?.request?.endpoint ?? endpoint) !== undefined;
}

function standardFor(purpose: Purpose, values: Values): Parameters {
  const names: Record<string, readonly string[]> = {
    token: ["code", "redirect_uri", "code_verifier"],
    refresh: ["refresh_token"],
    "device.request": ["scope", "code_challenge"],
    "device.poll": ["device_code", "code_verifier"],
    revoke: ["token", "token_type_hint"],
  };
  const grants: Record<string, string> = {
    token: "authorization_code",
    refresh: "refresh_token",
    "device.poll": "urn:ietf:params:oauth:grant-type:device_code",
  };
  const named = (names[purpose] ?? []).map((name) => [name, values[`standard.${name}`]] as const);
  const given = Object.fromEntries(named.filter(([, value]) => value !== undefined && value !== ""));
  const method = given["code_challenge"] === undefined ? {} : { code_challenge_method: "S256" };
  return { ...(grants[purpose] === undefined ? {} : { grant_type: grants[purpose] }), ...given, ...method };
}

function usualAuth(purpose: Purpose, provider: Provider, client: SimulatedClient): string {
  if (purpose === "whoami") return "bearer";
  if (purpose.startsWith("exchange")) return "none";
  if (client.secret === undefined && provider.empty_secret !== true) return "none";
  const declared = provider.token_endpoint_auth_methods_supported;
  return declared?.find((method) => method.startsWith("client_secret_")) ?? "none";
}

function proofOf(
  auth: string,
  provider: Provider,
  client: SimulatedClient,
  values: Values,
): { readonly parameters: Parameters; readonly headers: Record<string, string> } {
  if (auth === "bearer")
    return { parameters: {}, headers: { authorization: `Bearer ${values["access_token"]}` } };
  const identified = client.id === undefined ? {} : { client_id: client.id };
  const secret = client.secret ?? (provider.empty_secret === true ? "" : undefined);
  if (auth === "none" || secret === undefined || client.id === undefined)
    return { parameters: identified, headers: {} };
  if (auth === "client_secret_post") {
    return { parameters: { ...identified, client_secret: secret }, headers: {} };
  }
  const [user, password] =
    provider.basic_encoding === "raw" ? [client.id, secret] : [client.id, secret].map(formEncoded);
  return { parameters: {}, headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` } };
}

/** RFC 6749 appendix B, with the unreserved characters escaped too, as oauth4webapi does. */
function formEncoded(text: string): string {
  const escaped = encodeURIComponent(text).replaceAll("%20", "+");
  return escaped.replace(
    /[-_.!~*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `omit` and `rename` speak of standard names, `params` of the provider's; what comes out empty is not sent. */
export function rewritten(
  standard: Parameters,
  step: Pick<Step, "omit" | "rename" | "params"> | undefined,
  values: Values,
): Parameters {
  const kept = Object.entries(standard).filter(([name]) => step?.omit?.includes(name) !== true);
  const all: Parameters = Object.fromEntries(
    kept.map(([name, value]) => [step?.rename?.[name] ?? name, value]),
  );
  for (const [name, value] of Object.entries(step?.params ?? {})) {
    const filled = typeof value === "string" ? fillText(value, values) : value;
    if (filled === "" || filled === null) delete all[name];
    else all[name] = filled;
  }
  return all;
}

function filledHeaders(step: Step | undefined, values: Values): Record<string, string> {
  const declared = Object.entries(step?.headers ?? {});
  return Object.fromEntries(declared.map(([name, text]) => [name.toLowerCase(), fillText(text, values)]));
}

function hasHeader(step: Step | undefined, wanted: string): boolean {
  return Object.keys(step?.headers ?? {}).some((name) => name.toLowerCase() === wanted);
}

const PLACEHOLDER = /\{([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)?)\}/g;

/** `template` as text. */
export function fillText(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string) => values[name] ?? "");
}

/** `template` as an address: hosts as they are, everything else percent-encoded. */
export function fillAddress(template: string, values: Values): string {
  const [, scheme = "", host = "", rest = ""] = /^(https?:\/\/)([^/?#]*)(.*)$/.exec(template) ?? [];
  const chosen = fillText(host, values).replace(/^https:\/\//, "");
  const url =
    scheme + chosen + rest.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  return new URL(url).href;
}
