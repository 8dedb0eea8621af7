/**
 * Sealing for a store whose key another process may exchange at any time.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { keyIdOf } from "./sealing.ts";
import type { RecordPlace, SealedBytes, Sealer } from "./sealing.ts";

/** Code of the failure with which a store refuses a record that was sealed with the key it had before. */
export const KEY_CHANGED = "key_changed";

/** Seals and opens the records of one store with the key that the store has now. */
export interface VaultSealer {
  /** @throws {ConfigurationError} code `unsealing_failed`, or that the new key cannot be had */
  open(place: RecordPlace, sealed: Uint8Array): Promise<string>;
  /** Seals `text` and hands it to `write`; once more where the store refuses it because its key was exchanged. */
  write<T>(place: RecordPlace, text: string, write: (sealed: SealedBytes) => Promise<T>): Promise<T>;
}

/** `renew` gives a sealer with the key that the store records now. */
export function followKey(first: Sealer, renew: () => Promise<Sealer>): VaultSealer {
  let sealer = first;
  return {
    async open(place, sealed) {
      if (keyIdOf(sealed) !== sealer.keyId) sealer = await renew();
      return sealer.open(place, sealed);
    },
    async write(place, text, write) {
      try {
        return await write(await sealer.seal(place, text));
      } catch (failure) {
        if (!isKeyChanged(failure)) throw failure;
        sealer = await renew();
        return await write(await sealer.seal(place, text));
      }
    },
  };
}

/** What a store throws where `sealed` was sealed with another key than its own. */
export function refuseOldKey(sealed: SealedBytes, keyFingerprint: string): void {
  if (keyFingerprint.startsWith(keyIdOf(sealed))) return;
  throw new ConfigurationError("Cannot write to the vault: its key was changed meanwhile", {
    code: KEY_CHANGED,
    hint: "run the command again",
  });
}

function isKeyChanged(failure: unknown): boolean {
  return failure instanceof ConfigurationError && failure.code === KEY_CHANGED;
}
