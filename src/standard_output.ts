/**
 * Data on standard output.
 *
 * @module
 */
import { Failed } from "./errors.ts";

/** Bytes that a pipe takes whole or not at all (pipe(7); other systems have less, but take 4096 where there is room). */
const WHOLE = 4096;
/** Milliseconds between two tries where the reader is slow and the pipe does not wait for it. */
const BUSY_WAIT = 5;

/**
 * Writes `text` as it is. A reader that has gone away is no error.
 *
 * @throws {Failed} `output_failed` where it cannot be written, as on a full disk
 */
export async function writeOut(text: string): Promise<void> {
  // Bun cuts a regular file short that nothing is written to, with all that others wrote there before.
  if (text === "") return;
  const bytes = new TextEncoder().encode(text);
  try {
    await (bytes.length <= WHOLE ? Bun.write(Bun.stdout, bytes) : writeInPieces(bytes));
  } catch (cause) {
    const reason = errorCode(cause);
    if (reason === "EPIPE") return;
    throw new Failed(`Cannot write to standard output: ${reason}`, { code: "output_failed", cause });
  }
}

/** Where a pipe that does not wait takes a part, `Bun.write` begins again from the start. */
async function writeInPieces(bytes: Uint8Array): Promise<void> {
  const { write } = await import("node:fs");
  for (let done = 0; done < bytes.length;) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(1, bytes, done, (error, count) => (error === null ? resolve(count) : reject(error)));
    done += await promise.catch(waitIfBusy);
  }
}

async function waitIfBusy(error: unknown): Promise<number> {
  if (errorCode(error) !== "EAGAIN") throw error;
  await Bun.sleep(BUSY_WAIT);
  return 0;
}

/** What the system calls it: `ENOSPC`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "unknown error";
}
