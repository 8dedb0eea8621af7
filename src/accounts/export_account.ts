/**
 * Sends an account to another machine, sealed to that machine's key.
 *
 * A pipe cannot confirm. So the account stays here, unused, until the receipt of its import is shown.
 *
 * @module
 */
import type { Account, AccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";
import { notLoggedIn } from "./status.ts";

/** What leaves. */
export interface Exported {
  /** For `keyfob import` on the other machine. */
  readonly parcel: string;
  /** Whether the account goes on being used here too. */
  readonly isCopy: boolean;
}

/**
 * Seals the account for `recipient`. Unless it is to be kept, it is not refreshed here any more.
 *
 * @throws {UsageError} code `bad_recipient`; then nothing is changed
 * @throws {LoginRequired} where there is no such account, or its login is over
 */
export async function exportAccount(
  services: Services,
  name: AccountName,
  options: { readonly recipient: string; readonly keep: boolean },
): Promise<Exported> {
  const vault = await services.vault();
  const { seal } = await import("../vault/parcel.ts");
  const stored = await vault.find(name);
  if (stored === undefined) throw notLoggedIn(name);
  const pack = async (account: Account, receipt: string): Promise<string> =>
    seal(
      {
        name,
        session: account.session,
        ...(await clientSecretOf(services, account)),
        id: crypto.randomUUID(),
        receipt,
        isCopy: options.keep,
        packedAt: services.now(),
      },
      options.recipient,
    );
  // A recipient that is none is refused before anything is marked.
  const copy = await pack(stored, "");
  if (options.keep) return { parcel: copy, isCopy: true };
  const { account, receipt } = await vault.handOver(name);
  return { parcel: await pack(account, receipt), isCopy: false };
}

async function clientSecretOf(
  services: Services,
  { name, session }: Account,
): Promise<{ clientSecret?: string }> {
  const { clientId } = session.client;
  if (clientId === undefined) return {};
  const clientSecret = await (await services.vault()).clientSecret(name.provider, clientId);
  return clientSecret === undefined ? {} : { clientSecret };
}

/** Forgets an exported account, once its import is proven. @throws {UsageError} code `wrong_receipt` */
export async function confirmExport(services: Services, name: AccountName, receipt: string): Promise<void> {
  await (await services.vault()).forgetExported(name, receipt);
}

/** Uses an exported account here again: for one that was never imported. @throws {UsageError} code `not_exported` */
export async function cancelExport(services: Services, name: AccountName): Promise<void> {
  await (await services.vault()).takeBack(name);
}
