/**
 * What to do when a program says that a token was refused.
 *
 * @module
 */
import type { Services } from "../accounts/services.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/**
 * Marks the token stale, so that the next call refreshes. Where it cannot be refreshed it stays, with a notice:
 * the program may be wrong, and a login must not be lost for that. `accessToken` is the one that was refused, where
 * the program says.
 */
export async function forgetRefusedToken(
  services: Services,
  name: AccountName,
  accessToken: string | undefined,
): Promise<void> {
  const vault = await services.vault();
  if (await vault.markStale(name, accessToken)) return;
  const account = await vault.find(name);
  const isOurs = accessToken === undefined || account?.session.tokens.accessToken === accessToken;
  if (account === undefined || !isOurs || account.session.tokens.refreshToken !== undefined) return;
  const text = formatAccountName(name);
  services.notice(`The token of "${text}" was refused and cannot be refreshed: keyfob login ${text}`);
}
