/**
 * Data on standard output.
 *
 * @module
 */
import { Failed } from "./errors.ts";

/**
 * Writes `text` as it is. A reader that has gone away is no error.
 *
 * @throws {Failed} `output_failed` where it cannot be written, as on a full disk
 */
export async function writeOut(text: string): Promise<void> {
  // Bun cuts a regular file short that nothing is written to, with all that others wrote there before.
  if (text === "") return;
  try {
    await Bun.write(Bun.stdout, text);
  } catch (cause) {
    const reason = errorCode(cause);
    if (reason === "EPIPE") return;
    throw new Failed(`Cannot write to standard output: ${reason}`, { code: "output_failed", cause });
  }
}

/** What the system calls it: `ENOSPC`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "unknown error";
}
