/**
 * Where a key is, in words.
 *
 * @module
 */
import type { KeySource } from "./store.ts";

/** As `status` and `doctor` name it. */
export function describeKeySource(source: KeySource): string {
  const what = {
    variable: "key file from KEYFOB_KEY_FILE",
    credential: "systemd credential",
    keychain: "OS keychain, entry",
    file: "key file",
  }[source.kind];
  return `${what} "${source.place}"`;
}

/** Whether both are the same key file, whoever names it, or the same entry or credential. */
export function isSameSource(one: KeySource, other: KeySource): boolean {
  if (isFile(one) && isFile(other)) return one.place === other.place;
  // Where the system puts a credential is its own business.
  return one.kind === other.kind && (one.kind === "credential" || one.place === other.place);
}

function isFile({ kind }: KeySource): boolean {
  return kind === "file" || kind === "variable";
}
