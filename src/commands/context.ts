/**
 * What a command works with: the terminal, the use cases' services, and the way to be interrupted.
 *
 * @module
 */
import { homedir } from "node:os";
import type { Services } from "../accounts/services.ts";
import { createGuardedFetch } from "../guarded_fetch.ts";
import { type Paths, resolvePaths } from "../paths.ts";
import type { Terminal } from "../terminal.ts";
import { openVault, type Vault } from "../vault/vault.ts";

/** One run of the program, as its commands see it. */
export interface Context {
  readonly terminal: Terminal;
  readonly services: Services;
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Aborted by ctrl-C and its kin; the reason is the error to end with. */
  readonly signal: AbortSignal;
  /** Closes what was opened. */
  readonly close: () => Promise<void>;
}

/** Builds the context of this process. Nothing is opened before a command asks for it. */
export function createContext(terminal: Terminal, signal: AbortSignal): Context {
  const environment = process.env;
  const paths = resolvePaths({ environment, platform: process.platform, homeFolder: homedir() });
  const notice = (text: string): void => terminal.say(text, "warning");
  const now = (): Date => new Date();
  let vault: Promise<Vault> | undefined;
  let registry: ReturnType<Services["registry"]> | undefined;
  const services: Services = {
    registry: () =>
      (registry ??= import("../registry/registry.ts").then((room) => room.openRegistry({ paths }))),
    vault: () => (vault ??= openVault({ paths, environment, now, notice })),
    fetch: createGuardedFetch(),
    environment,
    now,
    notice,
  };
  const close = async (): Promise<void> => (await vault?.catch(() => undefined))?.close();
  return { terminal, services, paths, environment, platform: process.platform, signal, close };
}
