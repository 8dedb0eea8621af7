/**
 * Rows of the store as accounts.
 *
 * @module
 */
import type { Account } from "./account.ts";
import { sessionFromText } from "./sealed_text.ts";
import type { RecordPlace } from "./sealing.ts";
import type { AccountRow } from "./store.ts";
import type { VaultSealer } from "./vault_sealer.ts";

/** What the session of an account is bound to. */
export function sessionPlace(rowId: string): RecordPlace {
  return { kind: "session", rowId };
}

/** @throws {ConfigurationError} code `unsealing_failed` or `record_unreadable` */
export async function accountFrom(sealer: VaultSealer, row: AccountRow): Promise<Account> {
  const session = sessionFromText(await sealer.open(sessionPlace(row.id), row.sealed));
  return {
    name: row.name,
    session,
    state: row.state,
    createdAt: new Date(row.createdAt),
    issuedAt: new Date(row.issuedAt),
    ...(row.receipt === null ? {} : { receipt: row.receipt }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.refreshedAt === null ? {} : { lastRefresh: new Date(row.refreshedAt) }),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
  };
}
