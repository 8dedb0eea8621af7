/**
 * Starting worker processes.
 *
 * @module
 */
import { join } from "node:path";

const WORKER = join(import.meta.dir, "worker.ts");

const OPTIONS = {
  stdin: "ignore",
  stdout: "pipe",
  stderr: "pipe",
  env: { PATH: process.env["PATH"] ?? "" },
} as const;

export type Worker = Bun.Subprocess<"ignore", "pipe", "pipe">;

export function startWorker(home: string, task: string, argument: string): Worker {
  return Bun.spawn([process.execPath, WORKER, home, task, argument], OPTIONS);
}

/** A worker whose files may not grow beyond `kibibytes`: to it the disk is full. */
export function startCrampedWorker(kibibytes: number, home: string, task: string, argument: string): Worker {
  const script = `trap '' XFSZ; ulimit -f ${kibibytes}; exec "$@"`;
  return Bun.spawn(["bash", "-c", script, "bash", process.execPath, WORKER, home, task, argument], OPTIONS);
}

/** What the worker printed, once it has ended well. */
export async function outputOf(worker: Worker): Promise<string> {
  const [output, errors, status] = await Promise.all([
    new Response(worker.stdout).text(),
    new Response(worker.stderr).text(),
    worker.exited,
  ]);
  if (status !== 0) throw new Error(`a worker ended with ${status}: ${errors}`);
  return output.trim();
}

export function runWorkers(count: number, home: string, task: string, argument: string): Promise<string[]> {
  const workers = Array.from({ length: count }, () => startWorker(home, task, argument));
  return Promise.all(workers.map(outputOf));
}
