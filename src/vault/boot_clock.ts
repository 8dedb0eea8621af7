/**
 * A clock that nobody can set: time since the machine started, sleep included.
 *
 * @module
 */
import { fileSystem } from "../file_system.ts";

/** Milliseconds since the machine started; null where the platform does not say. */
export function bootMilliseconds(): number | null {
  try {
    const seconds = Number.parseFloat(fileSystem().readFileSync("/proc/uptime", "latin1"));
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null;
  } catch {
    return null;
  }
}
