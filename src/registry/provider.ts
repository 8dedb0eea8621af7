/**
 * A provider ready for use: layers merged, variables filled in, defaults set, credentials checked against their origins.
 *
 * @module
 */
import type { Entry } from "./schema.ts";

/** Where an entry, or the last word on it, comes from. */
export type Layer = "built-in" | "system" | "user" | "flags";

/** Where the provider sends the browser back to. */
export interface Redirect {
  /** Loopback host of the redirect address (RFC 8252 section 7.3). */
  readonly host: "127.0.0.1" | "localhost" | "[::1]";
  /** Any free port; one registered with the provider; or exactly these, in order. */
  readonly port: "any" | "registered" | readonly number[];
  readonly path: string;
  /** An address elsewhere that stands for `host`, `port` and `path`; `omit` sends no redirect_uri. */
  readonly uri?: string;
  /** Set where only https will do, so that `uri` must be given. */
  readonly https_only?: boolean;
}

/** What the credentials of an entry are bound to: the layer that gave them knew these origins, and no others. */
export interface CredentialBinding {
  /** Origins (scheme, host, port), sorted. */
  readonly origins: readonly string[];
  /** The issuer that this layer named, where discovery may fill: what its metadata names joins the binding. */
  readonly issuer?: string;
}

/** A fixed header or parameter of a request that is not sent, since other origins would get it than its layer knows. */
export interface WithheldSecret {
  /** Where it stands in the entry, such as `token.headers.x-api-key`. */
  readonly at: string;
  /** Origins (scheme, host, port), sorted. */
  readonly bound: readonly string[];
  readonly foreign: readonly string[];
}

/** Fields that `registry/defaults.ts` completes, so that a reader never meets them absent. */
type Completed =
  | "name"
  | "tier"
  | "hosts"
  | "discovery"
  | "scopes"
  | "scope_separator"
  | "pkce"
  | "response_mode"
  | "client_secret_use"
  | "basic_encoding"
  | "redirect";

/**
 * An entry after resolving: variables are filled in, so what placeholders are left are those of the steps
 * (`{code}`, `{access_token}`, `{kept.*}` …). Optional fields are absent where neither the entry nor discovery says.
 */
export interface Provider extends Omit<Entry, "extends" | "variables" | Completed> {
  readonly id: string;
  readonly name: string;
  /** The highest registry file that says something about it. */
  readonly layer: Layer;
  /** Whether it ships with keyfob, or extends one that does, whatever other layers add. */
  readonly builtIn: boolean;
  readonly tier: "verified" | "unverified";
  /** Values of the declared variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Closed lists of hosts, by placeholder name such as `callback.accounts-server`. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly discovery: "fill" | "off";
  readonly scopes: readonly string[];
  readonly scope_separator: string;
  readonly pkce: "required" | "auto" | "off";
  readonly response_mode: "query" | "form_post" | "fragment";
  readonly client_secret_use: "none" | "optional" | "required" | "not_confidential";
  readonly basic_encoding: "form" | "raw";
  readonly redirect: Redirect;
  /** What `client_id` and `client_secret` are bound to; absent where there are none, or they came by flags. */
  readonly binding?: CredentialBinding;
  /**
   * Set where a higher layer moved an endpoint to an origin that the credential's own layer does not know, so that
   * the credential was unset. Both name origins (scheme, host, port).
   */
  readonly withheld?: { readonly bound: readonly string[]; readonly foreign: readonly string[] };
  /** Fixed secrets of its requests that were unset for the same reason; absent where there are none. */
  readonly withheld_requests?: readonly WithheldSecret[];
}

/** Every field that holds an address which receives a client secret, a code or a token. */
export const CREDENTIAL_ENDPOINTS = [
  "token_endpoint",
  "device_authorization_endpoint",
  "revocation_endpoint",
  "introspection_endpoint",
  "userinfo_endpoint",
  "registration_endpoint",
  "pushed_authorization_request_endpoint",
] as const;
