/**
 * Where the store is, as it may be shown.
 *
 * @module
 */
import type { Paths } from "../paths.ts";
import { readPostgresAddress } from "./postgres_address.ts";

/**
 * The vault's file, or the address of the PostgreSQL store without user and password.
 *
 * @throws {ConfigurationError} code `bad_store`
 */
export function storePlace(
  environment: Readonly<Record<string, string | undefined>>,
  { vaultFile }: Paths,
): string {
  const address = environment["KEYFOB_STORE"];
  return address ? readPostgresAddress(address).shown : vaultFile;
}
