/**
 * Signals on their way through keyfob to the child that runs in its place.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { ignoredSignals } from "../ignored_signals.ts";

/** Sent to this process alone, so that the child hears of them only from us. */
const FORWARDED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];
/** Sent by a terminal to every process in front of it: the child has its own already. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
/** What Windows knows of all that; there the console tells every process in it. */
const WINDOWS: readonly NodeJS.Signals[] = ["SIGINT", "SIGHUP"];

/**
 * Takes every signal over and sends those on that the child would not get otherwise. Without a controlling terminal
 * nobody sends INT and QUIT to a whole group, so they are sent on too. TSTP is left alone: it stops both. What was
 * ignored when keyfob started stays so.
 *
 * Returns a function that gives the signals back to whoever had them.
 */
export function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  const isWindows = process.platform === "win32";
  const sentOn = isWindows ? [] : hasTerminal() ? FORWARDED : [...FORWARDED, ...FROM_TERMINAL];
  const ignored = ignoredSignals();
  const all = isWindows ? WINDOWS : [...FORWARDED, ...FROM_TERMINAL];
  const taken = all.filter((signal) => !ignored.has(signal));
  const restores = taken.map((signal) => takeOver(signal, () => sentOn.includes(signal) && send(signal)));
  return () => restores.forEach((restore) => restore());
}

/** The new listener comes before the old ones go: without any, the signal would end us. */
function takeOver(signal: NodeJS.Signals, handle: () => void): () => void {
  const before = process.listeners(signal);
  process.on(signal, handle);
  for (const listener of before) process.off(signal, listener);
  return () => {
    for (const listener of before) process.on(signal, listener);
    process.off(signal, handle);
  };
}

/** Whether this process has a controlling terminal, whatever its streams are. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
