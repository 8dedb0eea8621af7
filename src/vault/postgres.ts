/**
 * The store in a PostgreSQL database, for machines that share logins.
 *
 * @module
 */
import { dirname } from "node:path";
import type { KeyFacts } from "./key.ts";
import { fingerprintOf } from "./key_bytes.ts";
import { createKey } from "./key_creation.ts";
import { claimFolder } from "./permissions.ts";
import { accountsIn } from "./postgres_accounts.ts";
import { type PostgresAddress, readPostgresAddress } from "./postgres_address.ts";
import { attemptsIn } from "./postgres_attempts.ts";
import { connect, type PostgresConnection } from "./postgres_connection.ts";
import { makeTables, readForm } from "./postgres_form.ts";
import { leasesIn } from "./postgres_leases.ts";
import { recordsIn, secretsIn } from "./postgres_records.ts";
import { transfersIn } from "./postgres_transfers.ts";
import type { Store, StoreFacts } from "./store.ts";

/**
 * Opens the store at `address`; undefined where the database has none. Makes nothing.
 *
 * @throws {ConfigurationError} code `bad_store`, `store_refused`, `store_untrusted` or `store_newer`
 * @throws {Unavailable} code `store_unreachable`
 */
export async function openPostgresStore(
  address: string,
  notice: (text: string) => void,
): Promise<Store | undefined> {
  const read = readPostgresAddress(address);
  warn(read, notice);
  const connection = connect(read);
  try {
    const facts = await readForm(connection);
    if (facts !== undefined) return storeOver(connection, facts);
  } catch (cause) {
    await connection.close();
    throw cause;
  }
  await connection.close();
  return undefined;
}

/** Makes the store where there is none; of several processes at once the first. Its key comes from a file, never from a keychain. */
export async function createPostgresStore(address: string, facts: KeyFacts): Promise<void> {
  const connection = connect(readPostgresAddress(address));
  try {
    await claimFolder(dirname(facts.paths.keyFile), facts.notice);
    const storeId = crypto.randomUUID();
    const { key, source } = await createKey({ ...facts, keychain: undefined }, storeId);
    await makeTables(connection, { storeId, keySource: source, keyFingerprint: fingerprintOf(key) });
  } finally {
    await connection.close();
  }
}

function warn({ shown, warning }: PostgresAddress, notice: (text: string) => void): void {
  if (warning !== undefined) notice(`The store ${shown}: ${warning}`);
}

function storeOver(connection: PostgresConnection, facts: StoreFacts): Store {
  return {
    facts,
    readFacts: async () => (await readForm(connection)) ?? facts,
    accounts: { ...accountsIn(connection), ...transfersIn(connection) },
    leases: leasesIn(connection),
    attempts: attemptsIn(connection),
    secrets: secretsIn(connection),
    records: recordsIn(connection),
    // Changes nothing, and yet fails where nothing could be changed.
    reserve: async () => {
      const text = "UPDATE keyfob.store SET id = id WHERE FALSE";
      await connection.transaction((statements) => statements.rows(text));
    },
    hasMoved: () => false,
    close: () => connection.close(),
  };
}
