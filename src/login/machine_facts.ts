/**
 * What can be seen of this machine without asking anybody.
 *
 * @module
 */
import { existsSync } from "node:fs";

/** What the verdict on a machine depends on. */
export interface MachineFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Those of `MARKER_FILES` that exist. */
  readonly files: readonly string[];
}

/** Files that exist in containers alone (Docker, Podman). */
export const MARKER_FILES = ["/.dockerenv", "/run/.containerenv"] as const;

/** The facts of the machine that this runs on. */
export function readMachineFacts(interactive: boolean): MachineFacts {
  return {
    environment: process.env,
    platform: process.platform,
    interactive,
    files: MARKER_FILES.filter((file) => existsSync(file)),
  };
}
