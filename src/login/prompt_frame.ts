/**
 * The output of one prompt: it knows how many lines the prompt has drawn, so that they can be taken away again.
 *
 * @module
 */
import { Writable } from "node:stream";
import type { WriteStream } from "node:tty";

/** Line breaks, and cursor movements up and down (ECMA-48: CUU, CUD). */
// oxlint-disable-next-line no-control-regex -- terminals take these
const VERTICAL = /\n|\u001b\[(\d*)([AB])/g;
const SHOW_CURSOR = "\u001b[?25h";

/** A prompt writes here in place of the terminal. */
export class PromptFrame extends Writable {
  readonly #output: WriteStream;
  #row = 0;
  #isErased = false;

  constructor(output: WriteStream) {
    super();
    this.#output = output;
  }

  get columns(): number {
    return this.#output.columns;
  }

  get rows(): number {
    return this.#output.rows;
  }

  /** Makes the prompt draw itself again, as after a change of the window. */
  refresh(): void {
    if (!this.#isErased) this.emit("resize");
  }

  /** Takes away what was drawn, and everything the prompt writes from now on. */
  erase(): void {
    if (this.#isErased) return;
    this.#isErased = true;
    const up = this.#row > 0 ? `\u001b[${this.#row}A` : "";
    this.#output.write(`${up}\r\u001b[J${SHOW_CURSOR}`);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString();
    if (!this.#isErased) {
      this.#output.write(text);
      for (const [whole, count, direction] of text.matchAll(VERTICAL)) {
        if (whole === "\n") this.#row += 1;
        else this.#row += (direction === "A" ? -1 : 1) * Number(count || 1);
      }
    }
    done();
  }
}
