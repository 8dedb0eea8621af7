/**
 * What the vault needs of whoever speaks the protocol.
 *
 * @module
 */
import type { KeyfobError } from "../errors.ts";
import type { Session } from "./account.ts";

/** What a refresh works with while it holds the lease. */
export interface RefreshTools {
  /**
   * Seals and syncs the raw token answer before anybody judges it. To be called once a request, with an answer
   * that may carry tokens. Does not fail: where the disk refuses, saving the session is tried all the same.
   */
  journal(rawAnswer: string): Promise<void>;
  /**
   * Renews the lease and journals the intent; to be called before every request, which must end before the time
   * returned.
   *
   * @throws {Unavailable} code `lease_lost`: send nothing, let the error pass
   */
  renewLease(): Promise<Date>;
  readonly signal?: AbortSignal;
}

export interface RefreshOutcome {
  readonly session: Session;
  /** A check failed after the answer: the session is saved, its access token quarantined, and this is thrown. */
  readonly failure?: KeyfobError;
}

/** Speaks OAuth for the vault, which does not. */
export interface Refresher {
  /**
   * Sends one refresh; retries are the vault's. An absent refresh token or scope keeps the stored one.
   *
   * @throws {LoginRequired} code `invalid_grant` where the provider says that the grant is over
   * @throws {Unavailable} for what passes; `sent` where the provider may have acted on it. 429 and 503 are not `sent`
   */
  refresh(session: Session, tools: RefreshTools): Promise<RefreshOutcome>;
  /**
   * Reads the journalled answer of a holder that ended before it could save. Sends no refresh.
   *
   * @throws {LoginRequired|Failed} where the answer holds no tokens; any other error leaves it for the next call
   */
  recover(session: Session, rawAnswer: string, receivedAt: Date): Promise<RefreshOutcome>;
}
