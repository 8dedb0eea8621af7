/**
 * Running a command in keyfob's place: its streams and descriptors, its terminal, its signals, its exit status.
 *
 * @module
 */
import { constants } from "node:os";
import { closeSync, existsSync } from "node:fs";
import { CannotStart } from "../errors.ts";
import { ignoredSignals } from "../ignored_signals.ts";
import { forwardSignals } from "./signals.ts";

/** A command and its surroundings. */
export interface ChildCommand {
  /** Program and arguments; the program is looked up in the child's own `PATH`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Numbers above 2 that it gets as they are; keyfob closes its own once it runs. */
  readonly descriptors: readonly number[];
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
    // As after an exec: what the child closes is closed, so that the other end of a pipe or socket hears of it.
    for (const descriptor of child.descriptors) closeSync(descriptor);
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

/** The three streams, then a descriptor or a hole for each number. */
type Streams = ["inherit", "inherit", "inherit", ...(number | "ignore")[]];
type Started = Pick<Bun.Subprocess, "kill" | "exited" | "signalCode">;

function start(child: ChildCommand): Started {
  const preparations = [...ignoringSignals(), ...takingSockets(child)];
  try {
    return preparations.length === 0 ? spawn(child.command, child) : startPrepared(preparations, child);
  } catch (cause) {
    if (errorCode(cause) !== "ENOEXEC") throw cannotStart(child, cause);
  }
  return startAsScript(child);
}

/** Bun gives every child the usual signals; what we ignore it shall ignore too. */
function ignoringSignals(): string[] {
  const names = [...ignoredSignals()].map((signal) => signal.replace("SIG", ""));
  return names.length === 0 ? [] : [`trap '' ${names.join(" ")}`];
}

/** Sockets of systemd are for the process that `LISTEN_PID` names (sd_listen_fds(3)): from now on, the child. */
function takingSockets({ environment }: ChildCommand): string[] {
  const isForUs = environment["LISTEN_PID"] === String(process.pid);
  return isForUs ? ["export LISTEN_PID=$$", "unset LISTEN_PIDFDID"] : [];
}

/** A shell does, in the child's own process, what only that process can do, and becomes the command. */
function startPrepared(preparations: readonly string[], child: ChildCommand): Started {
  const [program = ""] = child.command;
  if (pathOf(program, child) === null) throw Object.assign(new Error("not found"), { code: "ENOENT" });
  return spawn(["/bin/sh", "-c", [...preparations, 'exec "$@"'].join("; "), "sh", ...child.command], child);
}

/** Where the child's own `PATH` has the program; null where it has not. */
function pathOf(program: string, { environment }: ChildCommand): string | null {
  return Bun.which(program, { PATH: environment["PATH"] ?? "" });
}

/** What `execvp` does with a text file that names no interpreter (POSIX, exec). */
function startAsScript(child: ChildCommand): Started {
  const [program = "", ...rest] = child.command;
  const path = program.includes("/") ? program : pathOf(program, child);
  try {
    return spawn(["/bin/sh", path ?? program, ...rest], child);
  } catch (cause) {
    throw cannotStart(child, cause);
  }
}

function spawn(command: readonly string[], { environment, descriptors }: ChildCommand): Started {
  return Bun.spawn([...command], { env: environment, stdio: stdioOf(descriptors) });
}

/** Each descriptor under its own number; numbers between that are "ignored" are closed in the child. */
function stdioOf(descriptors: readonly number[]): Streams {
  const highest = descriptors.at(-1) ?? 2;
  const numbers = Array.from({ length: highest - 2 }, (_, index) => index + 3);
  const further = numbers.map((number) => (descriptors.includes(number) ? number : "ignore"));
  return ["inherit", "inherit", "inherit", ...further];
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
