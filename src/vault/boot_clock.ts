/**
 * A clock that nobody can set: time since the machine started, sleep included.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Milliseconds since the machine started; null where the platform does not say. */
export function bootMilliseconds(): number | null {
  try {
    const seconds = Number.parseFloat(readFileSync("/proc/uptime", "latin1"));
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null;
  } catch {
    return null;
  }
}
