/**
 * File descriptors that keyfob was started with, beyond the three streams.
 *
 * @module
 */
import { readdirSync, readlinkSync } from "node:fs";

/** Numbers above belong to nobody: shells use up to 255, systemd and make the lowest that are free. */
const HIGHEST = 1023;

/** What Bun opens for its own event loop; nobody hands such a thing on. */
const OWN = /^anon_inode:/;

/**
 * Their numbers, lowest first. To be asked for before anything is opened: Bun marks all of them close-on-exec when it
 * starts, so that later nothing tells them from ours. Linux alone says what a descriptor is; elsewhere none are known.
 */
export function inheritedDescriptors(): readonly number[] {
  if (process.platform !== "linux") return [];
  try {
    const open = readdirSync("/proc/self/fd").map(Number);
    return open
      .filter((number) => number > 2 && number <= HIGHEST && isHandedOn(number))
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function isHandedOn(descriptor: number): boolean {
  try {
    return !OWN.test(readlinkSync(`/proc/self/fd/${descriptor}`));
  } catch {
    // The folder itself was open while it was read.
    return false;
  }
}
