/**
 * Noticing that a person left a prompt by ctrl-D, of which clack says nothing.
 *
 * @module
 */
import type { Readable } from "node:stream";

/**
 * Calls `left` where ctrl-D closed clack's line editor, as it does while nothing is typed: the prompt would stand there
 * and hear no key any more, not even ctrl-C. Returns the way to stop.
 */
export function whenLeft(input: Readable, left: () => void): () => void {
  let isOver = false;
  const heard = (
    _text: unknown,
    key: { readonly ctrl?: boolean; readonly name?: string } | undefined,
  ): void => {
    if (key?.ctrl !== true || key.name !== "d") return;
    setImmediate(() => {
      if (!isOver && input.isPaused()) left();
    });
  };
  input.on("keypress", heard);
  return () => {
    isOver = true;
    input.off("keypress", heard);
  };
}
