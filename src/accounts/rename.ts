/**
 * Gives an account another name. What is sealed stays as it is.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { AccountName } from "../vault/account.ts";
import { missingAccount } from "../vault/refresh.ts";
import { hintForMissing } from "./meant_name.ts";
import type { Services } from "./services.ts";

/** @throws {UsageError} code `unknown_account`, `account_exists` or `other_provider` */
export async function renameAccount(services: Services, old: AccountName, name: AccountName): Promise<void> {
  const vault = await services.vault();
  try {
    await vault.rename(old, name);
  } catch (failure) {
    if (!(failure instanceof UsageError) || failure.code !== "unknown_account") throw failure;
    const hint = await hintForMissing(services, old, "change");
    throw new UsageError(missingAccount(old), { code: failure.code, hint, cause: failure });
  }
}
