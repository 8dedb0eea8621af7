/**
 * What a command works with: the terminal, the use cases' services, and the way to be interrupted.
 *
 * @module
 */
import type { Services } from "../accounts/services.ts";
import { createGuardedFetch } from "../guarded_fetch.ts";
import { findHomeFolder, refuseForeignHome } from "../home_folder.ts";
import { type Paths, resolvePaths } from "../paths.ts";
import { SeenThrough } from "../seen_through.ts";
import type { Terminal } from "../terminal.ts";
import { openVault, type Vault } from "../vault/vault.ts";
import { tellWhatIsWaitedFor } from "./interruption_talk.ts";
import { talkColumns, wrapped } from "./wrapped_text.ts";

/** One run of the program, as its commands see it. */
export interface Context {
  readonly terminal: Terminal;
  readonly services: Services;
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The status to end with where nothing fails; a command that speaks for another program sets it. */
  exitStatus: number;
  /** Aborted by ctrl-C and its kin; the reason is the error to end with. */
  readonly signal: AbortSignal;
  /** Ends what is under way, as ctrl-C does; `reason` is the error to end with. */
  readonly interrupt: (reason: unknown) => void;
  /** Says that the registry's files were written to: it is read anew when next asked for. */
  readonly registryChanged: () => void;
  /** Closes what was opened. */
  readonly close: () => Promise<void>;
}

/** Builds the context of this process. Nothing is opened before a command asks for it. */
export function createContext(
  terminal: Terminal,
  interruption: AbortController,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Context {
  const { platform } = process;
  let found: Paths | undefined;
  const paths = (): Paths =>
    (found ??= resolvePaths({
      environment,
      platform,
      get homeFolder() {
        return findHomeFolder();
      },
    }));
  const notice = (text: string): void => terminal.say(wrapped(text, talkColumns(terminal)), "warning");
  const now = (): Date => new Date();
  const seenThrough = new SeenThrough();
  tellWhatIsWaitedFor(terminal, interruption.signal, seenThrough);
  let vault: Promise<Vault> | undefined;
  let registry: ReturnType<Services["registry"]> | undefined;
  let configuration: ReturnType<Services["configuration"]> | undefined;
  const services: Services = {
    registry: () =>
      (registry ??= import("../registry/registry.ts").then((room) =>
        room.openRegistry({ paths: paths(), notice }),
      )),
    vault: async () => {
      refuseForeignHome({ environment, user: process.getuid?.(), folder: paths().dataFolder });
      return await (vault ??= openVault({ paths: paths(), environment, now, notice }));
    },
    configuration: () =>
      (configuration ??= import("../accounts/configuration_file.ts").then((room) =>
        room.readConfiguration(paths().configFile),
      )),
    fetch: createGuardedFetch(),
    environment,
    now,
    notice,
    seeThrough: seenThrough.run,
  };
  const close = async (): Promise<void> => await (await vault?.catch(() => undefined))?.close();
  const registryChanged = (): void => void (registry = undefined);
  return {
    terminal,
    services,
    get paths() {
      return paths();
    },
    environment,
    platform,
    exitStatus: 0,
    signal: interruption.signal,
    interrupt: (reason) => interruption.abort(reason),
    registryChanged,
    close,
  };
}
