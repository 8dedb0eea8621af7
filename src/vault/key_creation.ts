/**
 * The key of a new store.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { writePrivateFile } from "../private_file.ts";
import { entryName, explicitKey, readKey } from "./key.ts";
import type { FoundKey, KeyFacts } from "./key.ts";
import { adviceForNewVault } from "./key_advice.ts";
import { formatKey, newKey } from "./key_bytes.ts";
import { narrowWithNotice } from "./permissions.ts";
import { placeOnce } from "./place_once.ts";
import type { KeySource } from "./store.ts";

/** The key for a store about to be created: explicit, else in the keychain, else in the 0600 key file. */
export async function createKey(facts: KeyFacts, storeId: string): Promise<FoundKey> {
  return (
    (await explicitKey(facts, adviceForNewVault)) ??
    (await keychainKey(facts, storeId)) ??
    (await fileKey(facts))
  );
}

/** Takes back a keychain entry that was made for a store which another process created first. */
export async function discardKey(facts: KeyFacts, found: FoundKey): Promise<void> {
  if (found.source.kind === "keychain") await facts.keychain?.remove(found.source.place).catch(() => {});
}

async function keychainKey(facts: KeyFacts, storeId: string): Promise<FoundKey | undefined> {
  const { keychain } = facts;
  if (keychain === undefined) return undefined;
  const source: KeySource = { kind: "keychain", place: entryName(storeId) };
  const key = newKey();
  try {
    await keychain.write(source.place, formatKey(key));
    if ((await keychain.read(source.place)) === formatKey(key)) return { source, key };
  } catch {
    await keychain.remove(source.place).catch(() => {});
  }
  facts.notice(`The OS keychain cannot be used: the vault's key is kept in "${facts.paths.keyFile}"`);
  return undefined;
}

/** Reads the key file, made first where there is none; of several processes the first one's key stays. */
async function fileKey(facts: KeyFacts): Promise<FoundKey> {
  const place = facts.paths.keyFile;
  if (!existsSync(place)) {
    const finished = `${place}.${crypto.randomUUID()}.new`;
    await writePrivateFile(finished, `${formatKey(newKey())}\n`);
    await placeOnce(finished, place);
  }
  await narrowWithNotice(place, facts.notice);
  return readKey({ kind: "file", place }, adviceForNewVault);
}
