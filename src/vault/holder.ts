/**
 * Who holds a lease, so that others can tell when that process is gone.
 *
 * @module
 */
import { readFileSync, readlinkSync } from "node:fs";

/** States of a process that does nothing any more: zombie and dead (proc(5)). */
const GONE = new Set(["Z", "X"]);

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

/** Whether the process ran on this very boot of this machine. */
export function isOfThisBoot(holder: string | null): boolean {
  const here = thisPlace();
  return here !== undefined && identityFrom(holder)?.boot === here.boot;
}

/** A process that is certainly there. */
export interface LivingHolder {
  readonly pid: number;
  /** Whether it is stopped, as by ctrl-Z. */
  readonly isStopped: boolean;
}

/** The process where it certainly lives on this machine; undefined where it is gone or nothing is certain. */
export function livingHolder(holder: string | null): LivingHolder | undefined {
  const [here, there] = [thisPlace(), identityFrom(holder)];
  if (here?.boot !== there?.boot || here?.pidNamespace !== there?.pidNamespace || there === undefined)
    return undefined;
  const found = statOf(there.pid);
  if (found?.startedAt !== there.startedAt || GONE.has(found.state)) return undefined;
  return { pid: there.pid, isStopped: found.state === "T" };
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

/** The start time of a living process; undefined where it is gone or a zombie. */
function startOf(pid: number): string | undefined {
  const found = statOf(pid);
  return found === undefined || GONE.has(found.state) ? undefined : found.startedAt;
}

/** State and start time of a process: fields 3 and 22 of its stat file (proc(5)). */
function statOf(pid: number): { readonly state: string; readonly startedAt: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, field 2, may hold spaces and brackets: what follows its last bracket starts with field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startedAt: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
