/**
 * Sends an account to another machine, sealed to that machine's key.
 *
 * A pipe cannot confirm. So the account stays here, unused, until the receipt of its import is shown.
 *
 * @module
 */
import type { DescribedCertificate } from "../certificate_text.ts";
import type { Account, AccountName } from "../vault/account.ts";
import { gatherBelongings } from "./belongings.ts";
import type { Services } from "./services.ts";
import { notLoggedIn } from "./status.ts";

/** What leaves. */
export interface Exported {
  /** For `keyfob import` on the other machine. */
  readonly parcel: string;
  /** Whether the account goes on being used here too. */
  readonly isCopy: boolean;
  /** Whether the client's secret is in the parcel. */
  readonly bringsClientSecret: boolean;
  /** Certificates in the parcel: of authorities that this account alone trusts. */
  readonly certificates: readonly DescribedCertificate[];
}

/**
 * Seals the account for `recipient`, with what it needs there. Unless it is to be kept, it is not refreshed here any more.
 * What cannot go along is told to `services.notice` before that.
 *
 * @throws {UsageError} code `bad_recipient`; then nothing is changed
 * @throws {ConfigurationError} where something that it needs is gone; then nothing is changed
 * @throws {LoginRequired} where there is no such account, or its login is over
 */
export async function exportAccount(
  services: Services,
  name: AccountName,
  options: { readonly recipient: string; readonly keep: boolean },
): Promise<Exported> {
  const vault = await services.vault();
  const stored = await vault.find(name);
  if (stored === undefined) throw notLoggedIn(name);
  // A recipient that is none, and a file that is gone, are told before anything is marked.
  const copy = await pack(services, stored, { ...options, receipt: "" });
  if (options.keep) return copy;
  const { account, receipt } = await vault.handOver(name);
  return await pack({ ...services, notice: () => {} }, account, { ...options, receipt });
}

async function pack(
  services: Services,
  account: Account,
  { recipient, keep: isCopy, receipt }: { recipient: string; keep: boolean; receipt: string },
): Promise<Exported> {
  const { seal } = await import("../vault/parcel.ts");
  const { choices, words, certificates } = await gatherBelongings(services, account);
  const session = { ...account.session, choices };
  const facts = { id: crypto.randomUUID(), receipt, isCopy, packedAt: services.now() };
  const parcel = await seal({ name: account.name, session, words, ...facts }, recipient);
  return { parcel, isCopy, bringsClientSecret: choices.clientSecret !== undefined, certificates };
}

/** Forgets an exported account, once its import is proven. @throws {UsageError} code `wrong_receipt` */
export async function confirmExport(services: Services, name: AccountName, receipt: string): Promise<void> {
  await (await services.vault()).forgetExported(name, receipt);
}

/** Uses an exported account here again: for one that was never imported. @throws {UsageError} code `not_exported` */
export async function cancelExport(services: Services, name: AccountName): Promise<void> {
  await (await services.vault()).takeBack(name);
}
