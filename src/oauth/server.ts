/**
 * The authorization server as oauth4webapi sees it.
 *
 * @module
 */
import type * as oauth from "oauth4webapi";
import { ConfigurationError, type Unavailable } from "../errors.ts";
import type { Provider } from "../registry/provider.ts";

/** Everything an exchange with one provider needs. */
export interface Exchange {
  readonly provider: Provider;
  /** What the person calls the login, for messages and the commands in them: `acme/work`; else {@link calledIn}. */
  readonly account?: string;
  /** Discovered metadata; absent where discovery is off or not needed. */
  readonly metadata?: oauth.AuthorizationServer | undefined;
  /** Why metadata is absent, where it is published but could not be had. */
  readonly metadataFailure?: Unavailable | undefined;
  /** Keys to check an id_token with; absent where there are none. */
  readonly keys?: oauth.JWKS | undefined;
}

/** Which login is under way, as messages name it: the account, or its provider where nobody said more. */
export function calledIn({ provider, account }: Pick<Exchange, "provider" | "account">): string {
  return account ?? provider.id;
}

/** Stands in for an issuer where the entry names none; a name that no server can have. */
const NO_ISSUER = "urn:keyfob:no-issuer";

/** The server record: the entry's word first, discovered metadata where the entry is silent. */
export function authorizationServer({ provider, metadata }: Exchange): oauth.AuthorizationServer {
  const promised =
    provider.authorization_response_iss_parameter_supported ??
    metadata?.authorization_response_iss_parameter_supported;
  const algorithms = metadata?.id_token_signing_alg_values_supported?.filter(isVerifiable);
  return {
    issuer: provider.issuer ?? NO_ISSUER,
    ...defined("token_endpoint", provider.token_endpoint),
    ...defined("revocation_endpoint", provider.revocation_endpoint),
    ...defined("userinfo_endpoint", provider.userinfo_endpoint),
    ...defined("device_authorization_endpoint", provider.device_authorization_endpoint),
    ...defined("jwks_uri", provider.jwks_uri),
    ...(promised === undefined ? {} : { authorization_response_iss_parameter_supported: promised }),
    ...(algorithms === undefined ? {} : { id_token_signing_alg_values_supported: algorithms }),
  };
}

/** `none` proves nothing (STANDARDS 59), and HS256 is keyed with a secret that native clients do not keep. */
function isVerifiable(algorithm: string): boolean {
  return algorithm !== "none" && !algorithm.startsWith("HS");
}

function hasDeviceCodes({ device, device_authorization_endpoint: endpoint }: Provider): boolean {
  return (device?.request?.endpoint ?? endpoint) !== undefined;
}

/**
 * An endpoint that must be there.
 *
 * @throws {ConfigurationError} where neither the entry nor discovery names it
 */
export function requireEndpoint(
  exchange: Pick<Exchange, "provider" | "account">,
  name: "authorization_endpoint" | "token_endpoint",
): string {
  const { provider } = exchange;
  const endpoint = provider[name];
  if (endpoint !== undefined) return endpoint;
  throw new ConfigurationError(`Cannot log in to "${calledIn(exchange)}": it has no ${name}`, {
    code: "missing_endpoint",
    hint: hasDeviceCodes(provider)
      ? `keyfob login ${calledIn(exchange)} --method device`
      : "add it, or an issuer to discover it from, to the registry",
  });
}

function defined<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: string });
}
