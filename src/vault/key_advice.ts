/**
 * What to do about a key that is missing, is none, or is another one.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Paths } from "../paths.ts";
import { describeKeySource, isSameSource } from "./key_source.ts";
import type { KeySource } from "./store.ts";

/** `absent`: nothing is there; `unreadable`: it may not be read; `no_key`: it holds none; `other_key`: of another vault. */
export type KeyTrouble = "absent" | "unreadable" | "no_key" | "other_key";

/** What to do about the trouble with the key at a source, as a hint. */
export type KeyAdvice = (trouble: KeyTrouble, source: KeySource) => string;

interface Places {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly paths: Paths;
}

const FORM = "32 bytes, or their base64 or hex text";

/** For a vault that exists: never to make a key, as a new one opens nothing. `sealedWith` is what the vault recorded. */
export function adviceForVault(facts: Places, sealedWith: KeySource): KeyAdvice {
  return (trouble, source) => {
    if (trouble === "unreadable") return letRead(source);
    const begin = startOver(facts, trouble, source);
    if (isSameSource(source, sealedWith)) return `${restore(source)}. ${begin}`;
    if (source.kind !== "file" || sealedWith.kind !== "file") return takeOther(trouble, source, sealedWith);
    // A home that was moved or copied without its key.
    return `copy the right key there, which was "${sealedWith.place}". ${begin}`;
  };
}

function letRead({ kind, place }: KeySource): string {
  if (kind === "credential") return `let the user of the service read "${place}"`;
  return `see that your user may read it: ls -ld '${dirname(place)}' '${place}'`;
}

function restore({ kind }: KeySource): string {
  if (kind === "credential") return 'give the service the right key as its credential "keyfob.key"';
  if (kind === "keychain") return "put the entry back from a backup of the keychain";
  return "put the right key there from a backup";
}

/** The environment names a key that goes before the vault's own. */
function takeOther(trouble: KeyTrouble, source: KeySource, sealedWith: KeySource): string {
  if (sealedWith.kind === "variable") return `KEYFOB_KEY_FILE='${sealedWith.place}'`;
  if (sealedWith.kind === "credential")
    return "run it in the service that has that credential, or let KEYFOB_KEY_FILE name a copy of it";
  const leave =
    source.kind === "variable" ? "unset KEYFOB_KEY_FILE" : 'run it without the credential "keyfob.key"';
  // Of another key it is said already.
  if (trouble === "other_key") return leave;
  return `${leave}: the vault was sealed with the ${describeKeySource(sealedWith)}`;
}

/**
 * How to begin with an empty vault: the old one is moved, never overwritten, for the day on which its key turns up. Its
 * log must go with it, or it would be replayed into the new one; what is no key must go too, or it would be tried again.
 */
function startOver({ environment, paths }: Places, trouble: KeyTrouble, { place }: KeySource): string {
  const gone = "Without it nobody can read these logins; to start over,";
  if (environment["KEYFOB_STORE"]) return `${gone} let KEYFOB_STORE name an empty database`;
  const { vaultFile, keyFile } = paths;
  const takesKey = place === keyFile && trouble === "no_key";
  if (process.platform === "win32") {
    const key = takesKey ? ` and "${keyFile}"` : "";
    return `${gone} move "${vaultFile}", the files whose names begin so${key} to another folder, and log in`;
  }
  const folder = freePlace(join(dirname(vaultFile), "old"));
  const key = takesKey ? ` '${keyFile}'` : "";
  return `${gone} move the vault away and log in: mkdir '${folder}' && mv '${vaultFile}'*${key} '${folder}'`;
}

/** `wanted`, with a number where an earlier one was moved there. */
function freePlace(wanted: string): string {
  for (let number = 1; ; number += 1) {
    const place = number === 1 ? wanted : `${wanted}-${number}`;
    if (!existsSync(place)) return place;
  }
}

/** For a vault that is not made yet: here a key may be made. */
export const adviceForNewVault: KeyAdvice = (trouble, source) => {
  const { kind, place } = source;
  if (trouble === "unreadable") return letRead(source);
  if (kind === "credential") return `let the credential be a key: ${FORM} (openssl rand -base64 32)`;
  if (kind === "variable") return `${namedKey(trouble, place)}, or unset KEYFOB_KEY_FILE`;
  return `move it away, and keyfob makes one: mv '${place}' '${freePlace(`${place}.old`)}'`;
};

/** What is there already may be something else of the person's. */
function namedKey(trouble: KeyTrouble, place: string): string {
  if (trouble !== "absent") return `name a file that holds a key: ${FORM} (openssl rand -base64 32)`;
  return `make a key: (umask 077; openssl rand -base64 32 > '${place}')`;
}

/** For the key that a vault is to have from now on. */
export const adviceForNextKey: KeyAdvice = (trouble, source) =>
  trouble === "unreadable"
    ? letRead(source)
    : `name a file that is not there yet, and keyfob makes a key in it; else one that holds ${FORM}`;
