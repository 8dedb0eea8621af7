/**
 * The store in one SQLite file.
 *
 * @module
 */
import { accountsIn } from "./sqlite_accounts.ts";
import { attemptsIn } from "./sqlite_attempts.ts";
import { openConnection } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import { leasesIn } from "./sqlite_leases.ts";
import type { KeySource, SecretStore, Store, StoreFacts } from "./store.ts";
import { corruptStore, storeTrouble } from "./store_trouble.ts";

/**
 * Opens the store in the file at `path`, which must exist.
 *
 * @throws {ConfigurationError} code `store_corrupt` or `store_newer`
 */
export function openSqliteStore(path: string, now: () => Date): Store {
  const connection = openConnection(path, now);
  try {
    return {
      facts: factsOf(connection, path),
      accounts: accountsIn(connection),
      leases: leasesIn(connection),
      attempts: attemptsIn(connection),
      secrets: secretsIn(connection),
      close: () => connection.close(),
    };
  } catch (cause) {
    connection.close();
    throw storeTrouble(cause, path);
  }
}

function factsOf({ database }: Connection, path: string): StoreFacts {
  const raw = database
    .query<{ id: string; key_fingerprint: string; key_kind: KeySource["kind"]; key_place: string }, []>(
      "SELECT id, key_fingerprint, key_kind, key_place FROM store",
    )
    .get();
  if (raw === null) throw corruptStore(path);
  return {
    storeId: raw.id,
    keyFingerprint: raw.key_fingerprint,
    keySource: { kind: raw.key_kind, place: raw.key_place },
  };
}

function secretsIn(connection: Connection): SecretStore {
  const { database } = connection;
  return {
    keep: (id, sealed) =>
      connection.write(() => {
        database
          .query("INSERT INTO secret VALUES ($id, $sealed) ON CONFLICT (id) DO UPDATE SET sealed = $sealed")
          .run({ id, sealed });
      }),
    read: (id) =>
      connection.read(
        () =>
          database.query<{ sealed: Uint8Array }, [string]>("SELECT sealed FROM secret WHERE id = ?").get(id)
            ?.sealed,
      ),
  };
}
