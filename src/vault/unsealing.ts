/**
 * Rows of the store as accounts, and sessions as rows.
 *
 * @module
 */
import type { Account, Session } from "./account.ts";
import { sessionFromText, sessionToText } from "./sealed_text.ts";
import type { SealedBytes, Sealer } from "./sealing.ts";
import type { AccountRow } from "./store.ts";

export function sealSession(sealer: Sealer, rowId: string, session: Session): Promise<SealedBytes> {
  return sealer.seal({ kind: "session", rowId }, sessionToText(session));
}

/** @throws {ConfigurationError} code `unsealing_failed` or `record_unreadable` */
export async function accountFrom(sealer: Sealer, row: AccountRow): Promise<Account> {
  const session = sessionFromText(await sealer.open({ kind: "session", rowId: row.id }, row.sealed));
  return {
    name: row.name,
    session,
    state: row.state,
    createdAt: new Date(row.createdAt),
    issuedAt: new Date(row.issuedAt),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.refreshedAt === null ? {} : { lastRefresh: new Date(row.refreshedAt) }),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
  };
}
