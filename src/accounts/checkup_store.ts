/**
 * Checks the store and its key.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { KeyfobError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { timestamp } from "../timestamp.ts";
import { type Account, formatAccountName, type UnreadableAccount } from "../vault/account.ts";
import { type KeptStore, listKeptStores } from "../vault/kept_stores.ts";
import { storePlace } from "../vault/store_place.ts";
import { isStoreTrouble } from "../vault/store_trouble.ts";
import { probeWriting } from "../vault/write_probe.ts";
import { badFinding, type Finding } from "./finding.ts";
import type { Services } from "./services.ts";

/** What is known of the store. */
export interface StoreCheck {
  /** In words, as `status` has it; null where the store cannot be opened. */
  readonly keySource: string | null;
  readonly findings: readonly Finding[];
}

/** Opens the store, and every account in it; tries to write there. */
export async function checkStore(services: Services, paths: Paths): Promise<StoreCheck> {
  try {
    const vault = await services.vault();
    const accounts = await vault.survey();
    const held = `${accounts.length} ${accounts.length === 1 ? "account" : "accounts"}`;
    const findings: Finding[] = [
      { subject: "key", state: "good", message: vault.keySource },
      { subject: "store", state: "good", message: `${held} in "${storePlace(services.environment, paths)}"` },
      ...(await checkJournal(services, paths)),
      ...(await checkWriting(services, paths)),
      ...accounts.flatMap(unreadableFinding),
    ];
    return { keySource: vault.keySource, findings };
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    // One that stands in the way of opening it stands in the way of writing too.
    const more = isStoreTrouble(failure) ? [] : await checkWriting(services, paths);
    return { keySource: null, findings: [badFinding("store", failure), ...more] };
  }
}

function unreadableFinding(account: Account | UnreadableAccount): Finding[] {
  if (!("unreadable" in account)) return [];
  const name = formatAccountName(account.name);
  return [
    { subject: `account ${name}`, state: "bad", message: account.unreadable, fix: `keyfob login ${name}` },
  ];
}

/** A store that can be read may still be on a full or a read-only disk. A database is its server's business. */
async function checkWriting({ environment }: Services, { vaultFile }: Paths): Promise<Finding[]> {
  if (environment["KEYFOB_STORE"]) return [];
  try {
    await probeWriting(vaultFile);
    return [];
  } catch (failure) {
    if (failure instanceof KeyfobError) return [badFinding("store", failure)];
    throw failure;
  }
}

/** Where the SQLite file header says how it is written to, and the value for write-ahead logging. */
const WRITE_VERSION_OFFSET = 18;
const WRITE_AHEAD = 2;

async function checkJournal({ environment }: Services, { vaultFile }: Paths): Promise<Finding[]> {
  if (environment["KEYFOB_STORE"]) return [];
  const file = await open(vaultFile).catch(() => undefined);
  if (file === undefined) return [];
  const header = Buffer.alloc(WRITE_VERSION_OFFSET + 1);
  const { bytesRead } = await file.read(header, 0, header.length, 0);
  await file.close();
  if (bytesRead < header.length || header[WRITE_VERSION_OFFSET] === WRITE_AHEAD) return [];
  const message = "its folder cannot share memory (a network home?), so readers wait for writers";
  return [{ subject: "store", state: "note", message, fix: "set KEYFOB_HOME to a folder on a local disk" }];
}

/** Damaged stores that a login kept aside: worth knowing, and harmless. */
export async function checkKeptStores(paths: Paths): Promise<Finding[]> {
  return (await listKeptStores(paths.vaultFile)).map(keptStoreFinding);
}

function keptStoreFinding({ path, keptAt, bytes }: KeptStore): Finding {
  return {
    subject: "store",
    state: "note",
    message: `a damaged one was kept aside at ${timestamp(keptAt)}, ${Math.ceil(bytes / 1024)} KiB: "${path}"`,
    fix: "once no login is missing, delete it and the files that begin with its name; it still holds sealed logins",
  };
}
