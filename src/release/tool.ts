/**
 * Other programs that a release is made with.
 *
 * @module
 */
import { Failed } from "../errors.ts";

/** Where and with what a program runs. */
export interface ToolOptions {
  readonly folder: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * What `command` writes to its standard output.
 *
 * @throws {Failed} `tool_failed`, with the last thing it said
 */
export async function output(command: readonly string[], options: ToolOptions): Promise<string> {
  return new TextDecoder().decode(await bytes(command, options));
}

/**
 * The same as bytes.
 *
 * @throws {Failed} `tool_failed`
 */
export async function bytes(
  command: readonly string[],
  options: ToolOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = Bun.spawn([...command], {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [written, said, status] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (status === 0) return written;
  throw new Failed(
    `Cannot make the release: "${command[0]}" ended with ${status}: ${said.trim().slice(-300)}`,
    {
      code: "tool_failed",
    },
  );
}
