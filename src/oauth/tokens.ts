/**
 * What the token endpoint gave, in keyfob's own shape.
 *
 * @module
 */

/** Tokens of one account. */
export interface Tokens {
  readonly accessToken: string;
  /** As the provider wrote it, usually `Bearer`; compared without regard to case (RFC 6749 section 5.1). */
  readonly tokenType: string;
  /** When the access token stops working; undefined where the provider gave no lifetime. */
  readonly expiresAt?: Date;
  /** Seconds it lived when it was given: what the next one lives too, where a refresh does not say. */
  readonly lifetimeSeconds?: number;
  readonly refreshToken?: string;
  readonly scope: readonly string[];
  readonly idToken?: string;
}

/** Whether the token stops working within `seconds` of `now`. No expiry means never. */
export function expiresWithin(tokens: Pick<Tokens, "expiresAt">, seconds: number, now: Date): boolean {
  return tokens.expiresAt !== undefined && tokens.expiresAt.getTime() - now.getTime() <= seconds * 1000;
}
