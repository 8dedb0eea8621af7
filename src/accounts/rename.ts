/**
 * Gives an account another name. What is sealed stays as it is.
 *
 * @module
 */
import { LoginRequired } from "../errors.ts";
import type { AccountName } from "../vault/account.ts";
import { notLoggedIn } from "./meant_name.ts";
import type { Services } from "./services.ts";

/**
 * @throws {LoginRequired} code `unknown_account`
 * @throws {UsageError} code `account_exists` or `other_provider`
 */
export async function renameAccount(services: Services, old: AccountName, name: AccountName): Promise<void> {
  const vault = await services.vault();
  try {
    await vault.rename(old, name);
  } catch (failure) {
    if (!(failure instanceof LoginRequired) || failure.code !== "unknown_account") throw failure;
    throw await notLoggedIn(services, old, "change");
  }
}
