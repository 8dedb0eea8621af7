/**
 * One login under way: what was sent to the provider, and what the answer must match.
 *
 * @module
 */
import type { SecretSource } from "../registry/schema.ts";

/** What the person said on the command line that changes the provider's entry. Kept to resolve it the same way again. */
export interface ProviderChoices {
  readonly set?: Readonly<Record<string, string>>;
  readonly clientId?: string;
  readonly clientSecret?: SecretSource;
  readonly scopes?: readonly string[];
  readonly redirectUri?: string;
  /** PEM file of a certificate authority to trust besides the usual ones; an absolute path. */
  readonly caFile?: string;
}

/** The client that a login was made with, and where its credentials may go. */
export interface ClientBinding {
  readonly clientId?: string;
  /** Method at the token endpoint: `none`, `client_secret_basic` or `client_secret_post`. */
  readonly authMethod: string;
  /** Origins (scheme, host, port) that may receive the secret, codes and tokens; sorted. */
  readonly origins: readonly string[];
}

/** A login under way (RFC 6749 section 4.1). Every field but `url` and `redirectUri` is secret. */
export interface Attempt {
  readonly provider: string;
  readonly label: string;
  readonly url: string;
  readonly state: string;
  readonly redirectUri: string;
  /** Absent where the entry switches PKCE off. */
  readonly codeVerifier?: string;
  readonly nonce?: string;
  readonly scope: readonly string[];
  readonly expiresAt: Date;
  readonly choices: ProviderChoices;
  readonly client: ClientBinding;
  /** Whether another person than before may take the account over (`--switch`). */
  readonly maySwitchPerson?: boolean;
}
