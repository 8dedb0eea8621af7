/**
 * A keychain in memory.
 *
 * @module
 */
import type { Keychain } from "../../src/vault/keychain.ts";

/** A keychain in memory; `locked` reads as null, as Linux does it. */
export class MemoryKeychain implements Keychain {
  readonly entries = new Map<string, string>();
  locked = false;
  reads = 0;
  async read(name: string): Promise<string | null> {
    this.reads += 1;
    return this.locked ? null : (this.entries.get(name) ?? null);
  }
  async write(name: string, value: string): Promise<void> {
    if (this.locked) throw new Error("locked");
    this.entries.set(name, value);
  }
  async remove(name: string): Promise<void> {
    this.entries.delete(name);
  }
}
