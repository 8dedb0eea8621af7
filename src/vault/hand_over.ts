/**
 * Handing an account over to another vault, so that its refresh token is used in one place only.
 *
 * @module
 */
import { LoginRequired, Unavailable, UsageError } from "../errors.ts";
import { formatAccountName } from "./account.ts";
import type { Account, AccountName } from "./account.ts";
import type { OpenStore } from "./opening.ts";
import { jitter, pause } from "./pause.ts";
import { unknownAccount } from "./refresh.ts";
import type { AccountRow } from "./store.ts";
import { accountFrom } from "./unsealing.ts";

/** An account that left, and what its import must answer with before it is forgotten here. */
export interface HandedOver {
  readonly account: Account;
  readonly receipt: string;
}

/** Milliseconds that a refresh under way is waited for. */
const PATIENCE = 60_000;

/**
 * Marks the account as exported: nobody refreshes it here any more. Again gives the same receipt again.
 *
 * @throws {LoginRequired} where there is no such account, or its login is over
 * @throws {Unavailable} where a refresh is under way, or one was cut off
 */
export async function handOver(
  { store, sealer }: OpenStore,
  name: AccountName,
  newOne: string = newReceipt(),
): Promise<HandedOver> {
  for (const end = performance.now() + PATIENCE; ; await pause(jitter(50, 250))) {
    const row = await store.accounts.find(name);
    if (row === undefined) throw unknownAccount(name);
    if (row.state === "dead") throw over(row);
    const account = await accountFrom(sealer, row);
    if (row.receipt !== null) return { account, receipt: row.receipt };
    const ticket = { accountId: row.id, generation: row.generation };
    const result = await store.accounts.handOver(ticket, newOne);
    if (result === "exported") {
      return { account: { ...account, state: "exported", receipt: newOne }, receipt: newOne };
    }
    if (result === "unfinished") throw unfinished(name);
    if (performance.now() > end) throw busy(name);
  }
}

/** @throws {UsageError} code `not_exported` */
export async function takeBack({ store }: OpenStore, name: AccountName): Promise<void> {
  if (!(await store.accounts.takeBack(name))) throw notExported(name);
}

/** @throws {UsageError} code `not_exported` or `wrong_receipt` */
export async function forgetExported(
  { store }: OpenStore,
  name: AccountName,
  receipt: string,
): Promise<void> {
  if (await store.accounts.forgetExported(name, receipt.trim().toLowerCase())) return;
  if ((await store.accounts.find(name))?.state !== "exported") throw notExported(name);
  throw new UsageError(`Cannot forget "${formatAccountName(name)}": this is not the receipt of its import`, {
    code: "wrong_receipt",
    hint: "keyfob import prints the receipt on the other machine",
  });
}

/** 128 random bits, in groups that can be read to somebody. */
function newReceipt(): string {
  const hex = crypto.getRandomValues(new Uint8Array(16)).toHex();
  return hex.replaceAll(/(.{4})(?!$)/g, "$1-");
}

function over(row: AccountRow): LoginRequired {
  return new LoginRequired(`Cannot export "${formatAccountName(row.name)}": its login is over`, {
    code: "login_ended",
    hint: `keyfob login ${formatAccountName(row.name)}`,
  });
}

function unfinished(name: AccountName): Unavailable {
  const account = formatAccountName(name);
  return new Unavailable(`Cannot export "${account}": an earlier refresh of it was cut off`, {
    code: "refresh_unfinished",
    hint: `keyfob refresh ${account}, then export it`,
  });
}

function busy(name: AccountName): Unavailable {
  return new Unavailable(`Cannot export "${formatAccountName(name)}": it is being refreshed`, {
    code: "refresh_busy",
    hint: "try again",
  });
}

function notExported(name: AccountName): UsageError {
  return new UsageError(`Cannot do this with "${formatAccountName(name)}": it is not exported`, {
    code: "not_exported",
    hint: "keyfob status",
  });
}
