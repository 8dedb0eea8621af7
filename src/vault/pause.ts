/**
 * Waiting a while, or until a signal.
 *
 * @module
 */

/** Resolves after `milliseconds`; rejects with the signal's reason when it comes first. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Milliseconds between `least` and `most`, at random: so that those who wait do not all come back at once. */
export function jitter(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
