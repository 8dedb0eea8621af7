/**
 * Programs of other people, run on the sandbox's machine.
 *
 * @module
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { builtBinary } from "./build.ts";
import type { Outcome, RunOptions, Sandbox } from "./sandbox.ts";

/** Seconds after which a program is ended as hanging. */
const LONGEST_RUN_SECONDS = 30;

/** Runs `command` to its end in the sandbox's environment. */
export async function runProgram(
  sandbox: Sandbox,
  command: readonly string[],
  options: Omit<RunOptions, "through"> = {},
): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    cwd: options.folder ?? sandbox.workFolder,
    env: { ...sandbox.environment, ...options.environment },
    stdin: new TextEncoder().encode(options.input ?? ""),
    stdout: "pipe",
    stderr: "pipe",
    timeout: LONGEST_RUN_SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (child.signalCode === "SIGKILL") throw new Error(`The program hung:\n${stdout}\n${stderr}`);
  return { stdout, stderr, status: child.exitCode ?? -1 };
}

/** Writes a program into the sandbox and gives its path. `$KEYFOB` in `text` is the built binary. */
export async function writeProgram(sandbox: Sandbox, name: string, text: string): Promise<string> {
  const path = join(sandbox.folder, name);
  await Bun.write(path, `#!/bin/sh\nKEYFOB='${await builtBinary()}'\n${text}\n`);
  await chmod(path, 0o700);
  return path;
}
