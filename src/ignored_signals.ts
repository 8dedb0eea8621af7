/**
 * Signals that whoever started this process wants ignored, as `nohup` does with SIGHUP.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";

/** Those that a shell or `nohup` may have ignored for us; Bun ignores others for itself. */
const CANDIDATES = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;

/** What proc(5) tells of a process. */
const STATUS = "/proc/self/status";

/** Ignored signals, for as long as nothing here listens to them. Linux alone tells; elsewhere none. */
export function ignoredSignals(): ReadonlySet<NodeJS.Signals> {
  try {
    return ignoredIn(readFileSync(STATUS, "utf8"));
  } catch {
    return new Set();
  }
}

function ignoredIn(status: string): ReadonlySet<NodeJS.Signals> {
  const [, digits = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const mask = BigInt(`0x${digits}`);
  return new Set(CANDIDATES.filter((signal) => (mask >> BigInt(constants.signals[signal] - 1)) & 1n));
}
