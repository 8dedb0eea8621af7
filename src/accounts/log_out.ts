/**
 * Ends a login: revokes it at the provider where that is possible, then forgets it here.
 *
 * @module
 */
import { Failed, KeyfobError } from "../errors.ts";
import { revoke } from "../oauth/revoke.ts";
import {
  type Account,
  type AccountName,
  formatAccountName,
  type UnreadableAccount,
} from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";
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

type Ended = Omit<LoggedOut, "name">;

/**
 * Logs `name` out. A provider that cannot be reached does not keep the login here (STANDARDS 56), nor does a record
 * that cannot be read. Where the store cannot be written, the provider is asked nothing.
 *
 * @throws {LoginRequired} `not_logged_in`
 * @throws {Failed} `store_…` where it could not be forgotten; the message says so where it was revoked all the same
 */
export async function logOut(
  services: Services,
  name: AccountName,
  options: { readonly localOnly: boolean },
): Promise<LoggedOut> {
  const vault = await services.vault();
  const ended = options.localOnly ? { revoked: null } : await endRemotely(services, vault, name);
  if (!(await forget(vault, name, ended))) throw notLoggedIn(name);
  return { name, ...ended };
}

async function endRemotely(services: Services, vault: Vault, name: AccountName): Promise<Ended> {
  const account = await findAnyhow(vault, name);
  if (account === undefined) throw notLoggedIn(name);
  if ("unreadable" in account) return { revoked: false, reason: account.unreadable };
  // An exported login goes on elsewhere: revoking it would end it there.
  if (account.state === "exported") return { revoked: null, reason: "it was exported and lives elsewhere" };
  await vault.claim(name);
  return await tryRevoke(services, account);
}

/** A login that cannot be read any more can still be forgotten. */
async function findAnyhow(vault: Vault, name: AccountName): Promise<Account | UnreadableAccount | undefined> {
  const wanted = formatAccountName(name);
  return (await vault.survey()).find((entry) => formatAccountName(entry.name) === wanted);
}

async function forget(vault: Vault, name: AccountName, { revoked }: Ended): Promise<boolean> {
  try {
    return await vault.forget(name);
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || revoked !== true) throw failure;
    const account = formatAccountName(name);
    throw new Failed(
      `${failure.message}; "${account}" was revoked at the provider, but is still listed here`,
      {
        code: failure.code,
        hint: `once the vault can be written to: keyfob logout ${account} --local`,
        cause: failure,
      },
    );
  }
}

async function tryRevoke(services: Services, account: Account): Promise<Ended> {
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
