/**
 * Telling a person whose ctrl-C does not end the program at once what it still waits for.
 *
 * @module
 */
import { Interrupted } from "../errors.ts";
import type { SeenThrough } from "../seen_through.ts";
import type { Terminal } from "../terminal.ts";
import { talkColumns, wrapped } from "./wrapped_text.ts";

/** Milliseconds in which most programs end, so that nothing need be said; then between two looks. */
const AT_ONCE = 250;

/** What ends the program after the first signal, by the exit status that this one led to. */
const NEXT: Readonly<Record<number, string>> = { 143: "a second SIGTERM", 129: "SIGTERM" };

/** Says one line, once `signal` has aborted and something that is seen through keeps the program from ending. */
export function tellWhatIsWaitedFor(terminal: Terminal, signal: AbortSignal, seenThrough: SeenThrough): void {
  const tell = (): void => {
    const looking = setInterval(() => {
      const { first } = seenThrough;
      if (first === undefined) return;
      clearInterval(looking);
      const next = (signal.reason instanceof Interrupted && NEXT[signal.reason.exitStatus]) || "ctrl-C again";
      terminal.say(wrapped(`Waiting for ${first}; ${next} ends it now`, talkColumns(terminal)), "warning");
    }, AT_ONCE);
    looking.unref();
  };
  signal.addEventListener("abort", tell, { once: true });
}
