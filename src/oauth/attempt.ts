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
  /** PEM texts of such authorities, as they came from another machine along with the login. */
  readonly authorities?: string;
  /** Set where another machine chose all this: then no secret of this one goes where only these choices lead. */
  readonly isSent?: true;
}

/** A code to be entered on another device (RFC 8628). `fields` is the whole answer as text, for `{device.*}`; secret. */
export interface DeviceCode {
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete?: string;
  readonly lifetimeSeconds: number;
  readonly intervalSeconds: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly scope: readonly string[];
  /** Present where the entry asks for PKCE. */
  readonly codeVerifier?: string;
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
  /** The code that the person enters elsewhere, where that is how this login goes: then there is no answer to wait for. */
  readonly device?: DeviceCode;
}
