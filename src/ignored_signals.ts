/**
 * Signals that whoever started this process wants ignored, as `nohup` does with SIGHUP.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";

/** Those that a shell or `nohup` may have ignored for us; Bun ignores others for itself. */
const CANDIDATES = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;

/** Ignored signals, for as long as nothing here listens to them. Linux alone tells; elsewhere none. */
export function ignoredSignals(): ReadonlySet<NodeJS.Signals> {
  const mask = readMask();
  const ignored = CANDIDATES.filter((signal) => (mask >> BigInt(constants.signals[signal] - 1)) & 1n);
  return new Set(ignored);
}

function readMask(): bigint {
  if (process.platform !== "linux") return 0n;
  try {
    const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return BigInt(`0x${mask}`);
  } catch {
    return 0n;
  }
}
