/**
 * Checks what keyfob keeps: the registry, the store and its key.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { KeyfobError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import type { RegistryProblem } from "../registry/registry.ts";
import { timestamp } from "../timestamp.ts";
import { formatAccountName } from "../vault/account.ts";
import { type KeptStore, listKeptStores } from "../vault/kept_stores.ts";
import { badFinding, type Finding } from "./finding.ts";
import type { Services } from "./services.ts";

/** Every problem of the registry files, or that there is none. */
export async function checkRegistry(services: Services): Promise<Finding[]> {
  const subject = "registry";
  try {
    const registry = await services.registry();
    const { problems } = registry;
    if (problems.length === 0) {
      return [{ subject, state: "good", message: `${registry.list().length} providers, no problem` }];
    }
    return problems.map(problemFinding);
  } catch (failure) {
    if (failure instanceof KeyfobError) return [badFinding(subject, failure)];
    throw failure;
  }
}

function problemFinding({ file, line, column, message, hint }: RegistryProblem): Finding {
  const place = `${file}:${line}:${column}`;
  const fix = hint === undefined ? {} : { fix: hint };
  return { subject: "registry", state: "bad", message: `${place}: ${message}`, ...fix };
}

/** Whether the person's settings can be read. */
export async function checkConfiguration(services: Services): Promise<Finding[]> {
  try {
    await services.configuration();
    return [];
  } catch (failure) {
    if (failure instanceof KeyfobError) return [badFinding("config.json", failure)];
    throw failure;
  }
}

/** What is known of the store. */
export interface StoreCheck {
  /** In words, as `status` has it; null where the store cannot be opened. */
  readonly keySource: string | null;
  readonly findings: readonly Finding[];
}

/** Opens the store, and every account in it. */
export async function checkStore(services: Services, paths: Paths): Promise<StoreCheck> {
  try {
    const vault = await services.vault();
    const accounts = await vault.survey();
    const unreadable = accounts.flatMap((account): Finding[] =>
      "unreadable" in account
        ? [
            {
              subject: `account ${formatAccountName(account.name)}`,
              state: "bad",
              message: account.unreadable,
              fix: `keyfob login ${formatAccountName(account.name)}`,
            },
          ]
        : [],
    );
    const held = `${accounts.length} ${accounts.length === 1 ? "account" : "accounts"}`;
    const findings: Finding[] = [
      { subject: "key", state: "good", message: vault.keySource },
      { subject: "store", state: "good", message: `${held} in "${paths.vaultFile}"` },
      ...(await checkJournal(paths.vaultFile)),
      ...unreadable,
    ];
    return { keySource: vault.keySource, findings };
  } catch (failure) {
    if (failure instanceof KeyfobError) return { keySource: null, findings: [badFinding("store", failure)] };
    throw failure;
  }
}

/** Where the SQLite file header says how it is written to, and the value for write-ahead logging. */
const WRITE_VERSION_OFFSET = 18;
const WRITE_AHEAD = 2;

async function checkJournal(path: string): Promise<Finding[]> {
  const file = await open(path).catch(() => undefined);
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
