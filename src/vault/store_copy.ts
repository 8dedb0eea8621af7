/**
 * Moving every login from one store to another, each of which has a key of its own.
 *
 * @module
 */
import { ConfigurationError, UsageError } from "../errors.ts";
import { formatAccountName } from "./account.ts";
import type { AccountName } from "./account.ts";
import { handOver } from "./hand_over.ts";
import { openExisting, openOrCreate } from "./opening.ts";
import type { OpeningFacts, OpenStore } from "./opening.ts";
import { IDENTITY_ID, placeOf, SEALED_TABLES } from "./record_places.ts";
import type { AccountRow } from "./store.ts";
import { sessionPlace } from "./unsealing.ts";

/** `file`: the vault's own file; `postgres`: what `KEYFOB_STORE` names. */
export type StoreKind = "file" | "postgres";

/** What became of one account. */
export interface CopiedAccount {
  readonly name: AccountName;
  /** `copied`; `there`: an earlier run did it; `elsewhere`: it was exported to another machine and stays. */
  readonly result: "copied" | "there" | "elsewhere";
}

export interface StoreCopy {
  readonly accounts: readonly CopiedAccount[];
  readonly secrets: number;
}

export interface CopyRequest {
  readonly from: StoreKind;
  readonly to: StoreKind;
  /** Whether the logins stay in use in the old store too. */
  readonly keep: boolean;
}

/**
 * Copies accounts and client secrets. Unless they are kept, the old store does not refresh them any more, so that
 * no refresh token is used in two places. Cut off, it can be run again.
 *
 * @throws {UsageError} code `same_store`
 * @throws {ConfigurationError} code `bad_store` where `KEYFOB_STORE` is needed and unset
 */
export async function copyStore(facts: OpeningFacts, { from, to, keep }: CopyRequest): Promise<StoreCopy> {
  if (from === to) throw sameStore();
  const old = await openExisting(factsFor(facts, from));
  if (old === undefined) return { accounts: [], secrets: 0 };
  try {
    const target = await openOrCreate(factsFor(facts, to));
    try {
      return await copyAll(old, target, keep);
    } finally {
      await target.store.close();
    }
  } finally {
    await old.store.close();
  }
}

function factsFor(facts: OpeningFacts, kind: StoreKind): OpeningFacts {
  const { KEYFOB_STORE: address, ...environment } = facts.environment;
  if (kind === "file") return { ...facts, environment };
  if (address) return facts;
  throw new ConfigurationError("Cannot find the PostgreSQL store: KEYFOB_STORE is not set", {
    code: "bad_store",
    hint: "KEYFOB_STORE=postgres://USER@HOST/DATABASE",
  });
}

async function copyAll(old: OpenStore, target: OpenStore, keep: boolean): Promise<StoreCopy> {
  const accounts: CopiedAccount[] = [];
  for (const row of await old.store.accounts.list()) {
    accounts.push({ name: row.name, result: await copyAccount({ old, target, keep }, row) });
  }
  return { accounts, secrets: await copySecrets(old, target) };
}

/** The receipt says where the account went: a run that was cut off after it is continued by the next. */
async function copyAccount(
  { old, target, keep }: { readonly old: OpenStore; readonly target: OpenStore; readonly keep: boolean },
  row: AccountRow,
): Promise<CopiedAccount["result"]> {
  const receipt = `store ${target.store.facts.storeId}`;
  if (row.state === "exported" && row.receipt !== receipt) return "elsewhere";
  const there = await target.store.accounts.read(row.id);
  if (row.state === "exported" && there?.state === "alive") return "there";
  if (row.state === "alive" && !keep) await handOver(old, row.name, receipt);
  const left = (await old.store.accounts.read(row.id)) ?? row;
  const text = await old.sealer.open(sessionPlace(row.id), left.sealed);
  const state = left.state === "dead" ? "dead" : "alive";
  await target.sealer.write(sessionPlace(row.id), text, (sealed) =>
    target.store.accounts.restore({ ...left, state, receipt: null, sealed }),
  );
  return "copied";
}

async function copySecrets(old: OpenStore, target: OpenStore): Promise<number> {
  const secrets = await old.store.secrets.all();
  for (const { id, sealed } of secrets) {
    const place = placeOf(SEALED_TABLES.client_secret, id);
    // A store that has a key pair keeps its own: something may be under way to it.
    await target.sealer.write(place, await old.sealer.open(place, sealed), (anew) =>
      id === IDENTITY_ID ? target.store.secrets.keepFirst(id, anew) : target.store.secrets.keep(id, anew),
    );
  }
  return secrets.length;
}

function sameStore(): UsageError {
  return new UsageError("Cannot copy a store onto itself", {
    code: "same_store",
    hint: "keyfob store copy file postgres, or keyfob store copy postgres file",
  });
}

/** As a sentence names it. */
export function describeCopied({ name, result }: CopiedAccount): string {
  const account = formatAccountName(name);
  if (result === "there") return `${account}: was copied before`;
  return result === "copied" ? `${account}: copied` : `${account}: left, it was exported to another machine`;
}
