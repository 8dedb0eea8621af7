/**
 * Lets discovered metadata (RFC 8414) fill what an entry leaves out.
 *
 * @module
 */
import { CREDENTIAL_ENDPOINTS, type Provider } from "./provider.ts";
import { isLoopbackHost } from "./template.ts";

const ENDPOINTS = [...CREDENTIAL_ENDPOINTS, "authorization_endpoint", "jwks_uri"] as const;
const CHALLENGE_METHODS = ["S256", "plain"] as const;

type Endpoint = (typeof ENDPOINTS)[number];

/**
 * `provider` with absent fields taken from `metadata`, whose `issuer` the caller has compared. Nothing is overwritten,
 * since real documents contradict the endpoints in use; addresses that are not usable are passed over.
 *
 * Endpoints join the binding of the credentials where their layer named this very issuer. Where another layer did,
 * an endpoint at a new origin unsets the credentials, as it would in a registry file.
 */
export function fillFrom(provider: Provider, metadata: Readonly<Record<string, unknown>>): Provider {
  if (provider.discovery !== "fill") return provider;
  const endpoints = discoveredEndpoints(provider, metadata);
  const methods = stringsIn(metadata["token_endpoint_auth_methods_supported"]);
  const challenges = stringsIn(metadata["code_challenge_methods_supported"]);
  const promise = metadata["authorization_response_iss_parameter_supported"];
  const filled: Provider = {
    ...provider,
    ...Object.fromEntries(endpoints),
    ...absent(provider, "token_endpoint_auth_methods_supported", methods),
    ...absent(
      provider,
      "code_challenge_methods_supported",
      challenges && CHALLENGE_METHODS.filter((method) => challenges.includes(method)),
    ),
    ...absent(
      provider,
      "authorization_response_iss_parameter_supported",
      typeof promise === "boolean" ? promise : undefined,
    ),
  };
  return withhold(filled, endpoints);
}

function discoveredEndpoints(
  provider: Provider,
  metadata: Readonly<Record<string, unknown>>,
): (readonly [Endpoint, string])[] {
  return ENDPOINTS.flatMap((name) => {
    const address = metadata[name];
    const isWanted =
      provider[name] === undefined && typeof address === "string" && isUsable(address, provider.issuer);
    return isWanted ? [[name, address] as const] : [];
  });
}

/** https, or loopback http where the issuer is loopback http too: a stranger's metadata never points into this machine. */
function isUsable(address: string, issuer: string | undefined): boolean {
  const url = URL.parse(address);
  if (url === null || /[{}\\\s]/.test(address) || url.username !== "" || url.password !== "") return false;
  if (url.hash !== "") return false;
  return url.protocol === "https:" || (isLoopbackHttp(url) && isLoopbackHttp(URL.parse(issuer ?? "")));
}

function isLoopbackHttp(url: URL | null): boolean {
  return url !== null && url.protocol === "http:" && isLoopbackHost(url.hostname);
}

function withhold(provider: Provider, endpoints: readonly (readonly [Endpoint, string])[]): Provider {
  const { binding } = provider;
  if (binding === undefined || (binding.issuer !== undefined && binding.issuer === provider.issuer))
    return provider;
  const origins = endpoints
    .filter(([name]) => name !== "jwks_uri")
    .map(([, address]) => new URL(address).origin);
  const foreign = [...new Set(origins)].filter((origin) => !binding.origins.includes(origin)).sort();
  if (foreign.length === 0) return provider;
  const { client_id: _id, client_secret: _secret, binding: _binding, ...rest } = provider;
  return { ...rest, withheld: { bound: binding.origins, foreign } };
}

function absent<Name extends keyof Provider>(
  provider: Provider,
  name: Name,
  value: Provider[Name] | undefined,
): { readonly [key in Name]?: Provider[Name] } {
  return provider[name] !== undefined || value === undefined
    ? {}
    : ({ [name]: value } as { readonly [key in Name]: Provider[Name] });
}

function stringsIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === "string");
}
