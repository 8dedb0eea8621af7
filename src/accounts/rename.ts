/**
 * Gives an account another name. What is sealed stays as it is.
 *
 * @module
 */
import type { AccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";

/** @throws {UsageError} code `unknown_account`, `account_exists` or `other_provider` */
export async function renameAccount(services: Services, old: AccountName, name: AccountName): Promise<void> {
  const vault = await services.vault();
  await vault.rename(old, name);
}
