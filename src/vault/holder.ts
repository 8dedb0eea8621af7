/**
 * Who holds a lease, so that others can tell when that process is gone.
 *
 * @module
 */
import { readFileSync, readlinkSync } from "node:fs";

/** Names one process of one boot: a pid alone is used again. */
interface Identity {
  readonly boot: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks between boot and the start of the process. */
  readonly startedAt: string;
}

/** This process as text; null where the platform has no /proc, so that its lease must run out. */
export function thisHolder(): string | null {
  const here = thisPlace();
  const startedAt = startOf(process.pid);
  if (here === undefined || startedAt === undefined) return null;
  return JSON.stringify({ ...here, pid: process.pid, startedAt } satisfies Identity);
}

/**
 * Whether the process is certainly gone. Of another machine, another boot or another pid namespace nothing is
 * certain: then this is false, and the lease must run out.
 */
export function isGone(holder: string | null): boolean {
  const here = thisPlace();
  const there = identityFrom(holder);
  if (here === undefined || there === undefined) return false;
  if (here.boot !== there.boot || here.pidNamespace !== there.pidNamespace) return false;
  return startOf(there.pid) !== there.startedAt;
}

function identityFrom(holder: string | null): Identity | undefined {
  if (holder === null) return undefined;
  try {
    return JSON.parse(holder) as Identity;
  } catch {
    return undefined;
  }
}

function thisPlace(): Pick<Identity, "boot" | "pidNamespace"> | undefined {
  try {
    return {
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      pidNamespace: readlinkSync("/proc/self/ns/pid"),
    };
  } catch {
    return undefined;
  }
}

/** The start time of a living process (proc(5), stat field 22); undefined where it is gone or a zombie. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, field 2, may hold spaces and brackets: what follows its last bracket starts with field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
