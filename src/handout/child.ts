/**
 * Running a command in keyfob's place: its streams, its terminal, its signals, its exit status.
 *
 * @module
 */
import { constants } from "node:os";
import { existsSync } from "node:fs";
import { CannotStart } from "../errors.ts";
import { ignoredSignals } from "../ignored_signals.ts";
import { forwardSignals } from "./signals.ts";

/** A command and its surroundings. */
export interface ChildCommand {
  /** Program and arguments; the program is looked up in the child's own `PATH`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Aborted where keyfob was interrupted before the child could start. */
  readonly signal: AbortSignal;
}

/** Added to a signal's number where the child died of it, as shells do. */
const DIED_OF_SIGNAL = 128;

/**
 * Runs the command to its end and returns its exit status; 128 and the signal's number where it died of one.
 *
 * @throws {CannotStart} 127 where there is no such program, 126 where it cannot be executed
 */
export async function runChild(child: ChildCommand): Promise<number> {
  child.signal.throwIfAborted();
  // Before the start, and without a wait between: a signal that comes meanwhile is handled when the child is there.
  let started: Started | undefined;
  const giveBack = forwardSignals((signal) => started?.kill(signal));
  try {
    started = start(child);
    const status = await started.exited;
    const { signalCode } = started;
    return signalCode === null ? status : DIED_OF_SIGNAL + numberOf(signalCode);
  } finally {
    giveBack();
  }
}

function numberOf(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}

type Started = Pick<Bun.Subprocess, "kill" | "exited" | "signalCode">;

function start(child: ChildCommand): Started {
  const ignored = [...ignoredSignals()];
  try {
    return ignored.length === 0 ? spawn(child.command, child) : startIgnoring(ignored, child);
  } catch (cause) {
    if (errorCode(cause) !== "ENOEXEC") throw cannotStart(child, cause);
  }
  return startAsScript(child);
}

/** Bun gives every child the usual signals; a shell in its place ignores what we ignore, and becomes the command. */
function startIgnoring(ignored: readonly string[], child: ChildCommand): Started {
  const [program = ""] = child.command;
  if (pathOf(program, child) === null) throw Object.assign(new Error("not found"), { code: "ENOENT" });
  const names = ignored.map((signal) => signal.replace("SIG", "")).join(" ");
  return spawn(["/bin/sh", "-c", `trap '' ${names}; exec "$@"`, "sh", ...child.command], child);
}

/** Where the child's own `PATH` has the program; null where it has not. */
function pathOf(program: string, { environment }: ChildCommand): string | null {
  return Bun.which(program, { PATH: environment["PATH"] ?? "" });
}

/** What `execvp` does with a text file that names no interpreter (POSIX, exec). */
function startAsScript(child: ChildCommand): Started {
  const [program = "", ...rest] = child.command;
  const path = program.includes("/")
    ? program
    : Bun.which(program, { PATH: child.environment["PATH"] ?? "" });
  try {
    return spawn(["/bin/sh", path ?? program, ...rest], child);
  } catch (cause) {
    throw cannotStart(child, cause);
  }
}

function spawn(command: readonly string[], { environment }: ChildCommand): Started {
  return Bun.spawn([...command], {
    env: environment,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
}

function cannotStart({ command: [program = ""] }: ChildCommand, cause: unknown): CannotStart {
  const isMissing = errorCode(cause) === "ENOENT" && !(program.includes("/") && existsSync(program));
  const named = `Cannot run ${JSON.stringify(program)}`;
  return isMissing
    ? new CannotStart(`${named}: there is no such command`, 127, { code: "command_not_found", cause })
    : new CannotStart(`${named}: it cannot be executed`, 126, { code: "command_not_executable", cause });
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
