/**
 * Ends a login: revokes it at the provider where that is possible, then forgets it here.
 *
 * @module
 */
import { Failed, Interrupted, KeyfobError } from "../errors.ts";
import { revoke } from "../oauth/revoke.ts";
import {
  type Account,
  type AccountName,
  formatAccountName,
  type UnreadableAccount,
} from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";
import { notLoggedIn } from "./meant_name.ts";
import { refuseMovedProvider } from "./moved_provider.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";

/** What became of one login. It is forgotten here in every case. */
export interface LoggedOut {
  readonly name: AccountName;
  /** True where the provider confirmed; null where it offers no way, or nobody asked. */
  readonly revoked: boolean | null;
  /** Why it could not be revoked. */
  readonly reason?: string;
}

/** How to log out. */
export interface LogOutOptions {
  /** Asks the provider nothing. */
  readonly localOnly: boolean;
  /** Ends the wait for the provider, as by ctrl-C, until it is asked to end the login. */
  readonly signal?: AbortSignal | undefined;
}

type Ended = Omit<LoggedOut, "name">;

/**
 * Logs `name` out. A provider that cannot be reached does not keep the login here (STANDARDS 56), nor does a record
 * that cannot be read. Where the store cannot be written, the provider is asked nothing. An interruption keeps the
 * login, unless its revocation was sent already.
 *
 * @throws {LoginRequired} `unknown_account`
 * @throws {Failed} `store_…` where it could not be forgotten; the message says so where it was revoked all the same
 */
export async function logOut(
  services: Services,
  name: AccountName,
  { localOnly, signal }: LogOutOptions,
): Promise<LoggedOut> {
  signal?.throwIfAborted();
  const vault = await services.vault();
  const ended = localOnly ? { revoked: null } : await endRemotely({ services, vault, signal }, name);
  if (!(await forget(vault, name, ended))) throw await notLoggedIn(services, name, "change");
  return { name, ...ended };
}

interface Ending {
  readonly services: Services;
  readonly vault: Vault;
  readonly signal: AbortSignal | undefined;
}

async function endRemotely({ services, vault, signal }: Ending, name: AccountName): Promise<Ended> {
  const account = await findAnyhow(vault, name);
  if (account === undefined) throw await notLoggedIn(services, name, "change");
  if ("unreadable" in account) return { revoked: false, reason: account.unreadable };
  // An exported login goes on elsewhere: revoking it would end it there.
  if (account.state === "exported") return { revoked: null, reason: "it was exported and lives elsewhere" };
  await vault.claim(name);
  return await tryRevoke(services, account, signal);
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

async function tryRevoke(
  services: Services,
  account: Account,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  const { name, session } = account;
  try {
    const prepared = await prepareProvider(services, name, session.choices, {
      sealed: session.client,
      signal,
    });
    refuseMovedProvider(name, session.client, await prepared.binding());
    const context = await prepared.context();
    signal?.throwIfAborted();
    // From here on nothing is given up: what ends there must be forgotten here.
    const asked = `"${name.provider}" to revoke "${formatAccountName(name)}", as it was asked already`;
    const isRevoked = await services.seeThrough(asked, () => revoke(context, session));
    return { revoked: isRevoked ? true : null };
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || failure instanceof Interrupted) throw failure;
    return { revoked: false, reason: failure.message };
  }
}
