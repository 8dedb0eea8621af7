/**
 * What the use cases work with; opened on demand, so that a command pays only for what it needs.
 *
 * @module
 */
import type { GuardedFetch } from "../guarded_fetch.ts";
import type { Registry } from "../registry/registry.ts";
import type { SeeThrough } from "../seen_through.ts";
import type { Vault } from "../vault/vault.ts";
import type { Configuration } from "./configuration.ts";

/** The parts of one run of the program. */
export interface Services {
  /** The registry; read once. */
  readonly registry: () => Promise<Registry>;
  /** The vault; opened once. */
  readonly vault: () => Promise<Vault>;
  /** The person's own settings; read once. */
  readonly configuration: () => Promise<Configuration>;
  readonly fetch: GuardedFetch;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** A sentence for people that is no failure. */
  readonly notice: (text: string) => void;
  /** Runs what no interruption ends, so that a person who interrupts can be told what is waited for. */
  readonly seeThrough: SeeThrough;
}
