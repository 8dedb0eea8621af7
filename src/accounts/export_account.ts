/**
 * Sends an account to another machine, sealed to that machine's key.
 *
 * A pipe cannot confirm. So the account stays here, unused, until the receipt of its import is shown.
 *
 * @module
 */
import type { DescribedCertificate } from "../certificate_text.ts";
import { UsageError } from "../errors.ts";
import { type Account, type AccountName, formatAccountName } from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";
import { gatherBelongings } from "./belongings.ts";
import { notLoggedIn } from "./meant_name.ts";
import type { Services } from "./services.ts";

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
 * @throws {UsageError} code `bad_recipient` or `own_key`; then nothing is changed
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
  if (stored === undefined) throw await notLoggedIn(services, name, "use");
  if (await vault.isOwnKey(options.recipient)) throw toItself(name);
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
  const { arrival: _here, ...own } = account.session;
  const session = { ...own, choices };
  const facts = { id: crypto.randomUUID(), receipt, isCopy, packedAt: services.now() };
  const parcel = await seal({ name: account.name, session, words, ...facts }, recipient);
  return { parcel, isCopy, bringsClientSecret: choices.clientSecret !== undefined, certificates };
}

/**
 * Forgets an exported account, once its import is proven.
 *
 * @throws {UsageError} code `wrong_receipt` or `not_exported`
 * @throws {LoginRequired} where there is no such account
 */
export async function confirmExport(services: Services, name: AccountName, receipt: string): Promise<void> {
  await (await vaultWith(services, name)).forgetExported(name, receipt);
}

/**
 * Uses an exported account here again: for one that was never imported.
 *
 * @throws {UsageError} code `not_exported`
 * @throws {LoginRequired} where there is no such account
 */
export async function cancelExport(services: Services, name: AccountName): Promise<void> {
  await (await vaultWith(services, name)).takeBack(name);
}

/** The vault, which holds such an account, though its record may be damaged. */
async function vaultWith(services: Services, name: AccountName): Promise<Vault> {
  const vault = await services.vault();
  const wanted = formatAccountName(name);
  const isThere = (await vault.survey()).some((entry) => formatAccountName(entry.name) === wanted);
  if (!isThere) throw await notLoggedIn(services, name, "change");
  return vault;
}

function toItself(name: AccountName): UsageError {
  return new UsageError(`Cannot export "${formatAccountName(name)}": this is the key of this vault`, {
    code: "own_key",
    hint: "run keyfob key show on the other machine, and give the key that it prints there",
  });
}
