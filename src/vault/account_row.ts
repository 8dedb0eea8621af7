/**
 * A row of the account table, as either database gives it, as the store's.
 *
 * @module
 */
import type { AccountRow, AccountState, Lease } from "./store.ts";

/** The columns that both databases have alike. */
export interface RawAccount {
  readonly id: string;
  readonly provider: string;
  readonly label: string;
  readonly generation: number;
  readonly sealed: Uint8Array;
  readonly state: AccountState;
  readonly reason: string | null;
  readonly receipt: string | null;
  readonly created_at: number;
  readonly issued_at: number;
  readonly refreshed_at: number | null;
  readonly failures: number;
  readonly last_error: string | null;
  readonly lease_owner: string | null;
  readonly lease_holder: string | null;
  /** SQLite has no truth values. */
  readonly recoverable: boolean | number;
  readonly sending: boolean | number;
}

/** `overdue` says how long ago the row's lease ran out, in milliseconds; asked only where it has one. */
export function accountRowFrom(raw: RawAccount, overdue: () => number): AccountRow {
  return {
    id: raw.id,
    name: { provider: raw.provider, label: raw.label },
    generation: raw.generation,
    sealed: raw.sealed,
    state: raw.state,
    reason: raw.reason,
    receipt: raw.receipt,
    createdAt: raw.created_at,
    issuedAt: raw.issued_at,
    refreshedAt: raw.refreshed_at,
    failures: raw.failures,
    lastError: raw.last_error,
    lease: leaseFrom(raw, overdue),
    recoverable: Boolean(raw.recoverable),
    sending: Boolean(raw.sending),
  };
}

function leaseFrom(
  { lease_owner: owner, lease_holder: holder }: RawAccount,
  overdue: () => number,
): Lease | null {
  return owner === null ? null : { owner, holder, overdue: overdue() };
}
