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

/** Files by which WSL starts programs of Windows. */
const INTEROP_FILES = ["/proc/sys/fs/binfmt_misc/WSLInterop", "/proc/sys/fs/binfmt_misc/WSLInterop-late"];

/** Files that exist in containers alone (Docker, Podman), and those of WSL. */
const MARKER_FILES = ["/.dockerenv", "/run/.containerenv", ...INTEROP_FILES];

/** Whether `file` says that WSL can start programs of Windows. */
export function isInteropFile(file: string): boolean {
  return INTEROP_FILES.includes(file);
}

/** The facts of the machine that this runs on. */
export function readMachineFacts(interactive: boolean): MachineFacts {
  return {
    environment: process.env,
    platform: process.platform,
    interactive,
    files: MARKER_FILES.filter((file) => existsSync(file)),
  };
}
