/**
 * The OAuth client: who keyfob is to a provider, and how it proves so.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import { ConfigurationError } from "../errors.ts";
import type { Provider } from "../registry/provider.ts";

/** Ways to authenticate that keyfob speaks, by their RFC 7591 names. */
export type AuthMethod = "none" | "client_secret_basic" | "client_secret_post";

/** A client with its secret at hand. Never printed or logged. */
export interface Client {
  /** Absent for the few providers that know no client. */
  readonly id: string | undefined;
  readonly secret: string | undefined;
  readonly authMethod: AuthMethod;
  readonly basicEncoding: "form" | "raw";
}

/** Builds the client of `provider`. `secret` is the resolved one. */
export function createClient(provider: Provider, secret: string | undefined): Client {
  return {
    id: provider.client_id,
    secret: secret ?? (provider.empty_secret === true ? "" : undefined),
    authMethod: chooseAuthMethod(provider, secret !== undefined),
    basicEncoding: provider.basic_encoding ?? "form",
  };
}

/**
 * The method for the token endpoint: none without a secret (Basic where an empty one stands for it), else the first
 * declared one that keyfob speaks, else `client_secret_basic` (RFC 8414 section 2).
 *
 * @throws {ConfigurationError} when the provider takes a secret only in ways keyfob does not speak
 */
export function chooseAuthMethod(provider: Provider, hasSecret: boolean): AuthMethod {
  if (!hasSecret) return provider.empty_secret === true ? "client_secret_basic" : "none";
  const declared = provider.token_endpoint_auth_methods_supported;
  if (declared === undefined || declared.length === 0) return "client_secret_basic";
  const spoken = declared.find(
    (method) => method === "client_secret_basic" || method === "client_secret_post",
  );
  if (spoken === "client_secret_basic" || spoken === "client_secret_post") return spoken;
  if (declared.includes("none")) return "none";
  throw new ConfigurationError(
    `Cannot authenticate at "${provider.id}": it takes ${declared.map((method) => `"${method}"`).join(", ")}, keyfob speaks client_secret_basic and client_secret_post`,
    { code: "auth_method", hint: "set token_endpoint_auth_methods_supported in the registry" },
  );
}

/** The library's client record. A provider without clients gets a name that is never sent. */
export function libraryClient(client: Client, provider: Provider): oauth.Client {
  return {
    client_id: client.id ?? "none",
    ...(provider.id_token?.alg === undefined ? {} : { id_token_signed_response_alg: provider.id_token.alg }),
    [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
  };
}

/** Seconds a clock may be off: virtual machines and WSL drift by minutes after a suspend. */
export const CLOCK_TOLERANCE_SECONDS = 300;

/** The library's client authentication (RFC 6749 section 2.3.1). */
export function clientAuthentication(
  client: Client,
  method: AuthMethod = client.authMethod,
): oauth.ClientAuth {
  const { id, secret } = client;
  if (id === undefined) return () => {};
  if (method === "none" || secret === undefined) return oauth.None();
  if (method === "client_secret_post") return oauth.ClientSecretPost(secret);
  if (client.basicEncoding === "form" && secret !== "") return oauth.ClientSecretBasic(secret);
  return (_server, _client, _body, headers) => {
    headers.set("authorization", `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`);
  };
}
