/**
 * The store in one SQLite file.
 *
 * @module
 */
import { accountsIn } from "./sqlite_accounts.ts";
import { attemptsIn } from "./sqlite_attempts.ts";
import { keyFingerprint, openConnection } from "./sqlite_connection.ts";
import type { Connection } from "./sqlite_connection.ts";
import { SCHEMA_VERSION } from "./sqlite_form.ts";
import { leasesIn } from "./sqlite_leases.ts";
import { recordsIn } from "./sqlite_records.ts";
import { transfersIn } from "./sqlite_transfers.ts";
import { readStoreFacts } from "./sqlite_facts.ts";
import type { Clock, SecretStore, Store, StoreFacts } from "./store.ts";
import { corruptStore, storeTrouble } from "./store_trouble.ts";
import { refuseOldKey } from "./vault_sealer.ts";

/** What opening a store depends on. */
export interface SqliteFacts {
  readonly clock: Clock;
  readonly notice: (text: string) => void;
}

/**
 * Opens the store in the file at `path`, which must exist. One of an older form is brought to this version's.
 *
 * @throws {ConfigurationError} code `store_corrupt` or `store_newer`
 */
export async function openSqliteStore(path: string, { clock, notice }: SqliteFacts): Promise<Store> {
  const connection = openConnection(path, clock);
  if (connection.version === SCHEMA_VERSION) return storeOver(connection, path);
  connection.close();
  const { migrate } = await import("./sqlite_migration.ts");
  const backup = await migrate(path, connection.version);
  notice(`The vault has a new form now; as it was before it is kept in "${backup}"`);
  return storeOver(openConnection(path, clock), path);
}

function storeOver(connection: Connection, path: string): Store {
  try {
    const facts = factsOf(connection, path);
    connection.follow(facts.storeId);
    return {
      facts,
      readFacts: () => connection.read(() => factsOf(connection, path)),
      accounts: { ...accountsIn(connection), ...transfersIn(connection) },
      leases: leasesIn(connection),
      attempts: attemptsIn(connection),
      secrets: secretsIn(connection),
      records: recordsIn(connection),
      reserve: () => connection.reserve(),
      hasMoved: () => connection.hasMoved(),
      close: async () => connection.close(),
    };
  } catch (cause) {
    connection.close();
    throw storeTrouble(cause, path);
  }
}

function factsOf({ database }: Connection, path: string): StoreFacts {
  const facts = readStoreFacts(database);
  if (facts === null) throw corruptStore(path);
  return facts;
}

function secretsIn(connection: Connection): SecretStore {
  return {
    keep: (id, sealed) =>
      connection.write(() => {
        refuseOldKey(sealed, keyFingerprint(connection));
        connection.database
          .query("INSERT INTO secret VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed")
          .run(id, sealed);
      }),
    keepFirst: (id, sealed) =>
      connection.write(() => {
        refuseOldKey(sealed, keyFingerprint(connection));
        connection.database
          .query("INSERT INTO secret VALUES (?, ?) ON CONFLICT (id) DO NOTHING")
          .run(id, sealed);
      }),
    read: (id) =>
      connection.read(
        () =>
          connection.database
            .query<{ sealed: Uint8Array }, [string]>("SELECT sealed FROM secret WHERE id = ?")
            .get(id)?.sealed,
      ),
    all: () =>
      connection.read(() =>
        connection.database
          .query<{ id: string; sealed: Uint8Array }, []>("SELECT id, sealed FROM secret ORDER BY id")
          .all(),
      ),
    forget: (id) =>
      connection.write(() => void connection.database.query("DELETE FROM secret WHERE id = ?").run(id)),
  };
}
