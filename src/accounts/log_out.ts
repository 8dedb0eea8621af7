/**
 * Ends a login: revokes it at the provider where that is possible, then forgets it here.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { revoke } from "../oauth/revoke.ts";
import { type Account, type AccountName } from "../vault/account.ts";
import { prepareProvider, refuseMovedProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import { notLoggedIn } from "./status.ts";

/** What became of one login. It is forgotten here in every case. */
export interface LoggedOut {
  readonly name: AccountName;
  /** True where the provider confirmed; null where it offers no way, or nobody asked. */
  readonly revoked: boolean | null;
  /** Why it could not be revoked. */
  readonly reason?: string;
}

/**
 * Logs `name` out. A provider that cannot be reached does not keep the login here (STANDARDS 56).
 *
 * @throws {LoginRequired} `not_logged_in`
 */
export async function logOut(
  services: Services,
  name: AccountName,
  options: { readonly localOnly: boolean },
): Promise<LoggedOut> {
  const vault = await services.vault();
  const account = await vault.find(name);
  if (account === undefined) throw notLoggedIn(name);
  const ended = options.localOnly ? { revoked: null } : await tryRevoke(services, account);
  await vault.forget(name);
  return { name, ...ended };
}

async function tryRevoke(
  services: Services,
  account: Account,
): Promise<{ revoked: boolean | null; reason?: string }> {
  const { name, session } = account;
  try {
    const prepared = await prepareProvider(services, name.provider, session.choices, {
      sealed: session.client,
    });
    refuseMovedProvider(name.provider, session.client, await prepared.binding());
    return { revoked: (await revoke(await prepared.context(), session)) ? true : null };
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    return { revoked: false, reason: failure.message };
  }
}
