/**
 * What a program has said so far, and waiting for it to say more.
 *
 * @module
 */

/** Seconds to wait for words that must come: far slower than any run, far faster than a test's own limit. */
const PATIENCE_SECONDS = 20;

/** Text that grows while a program runs. Waiting consumes: each wait looks only past the last match. */
export class Transcript {
  readonly #decoder = new TextDecoder();
  readonly #clean: (raw: string) => string;
  readonly #listeners = new Set<() => void>();
  #raw = "";
  #read = 0;
  #isOver = false;

  /** `clean` turns the raw bytes into what a person would read. */
  constructor(clean: (raw: string) => string = (raw) => raw) {
    this.#clean = clean;
  }

  /** Exactly what was written. */
  get raw(): string {
    return this.#raw;
  }

  /** What a person would read. */
  get text(): string {
    return this.#clean(this.#raw);
  }

  add(chunk: Uint8Array): void {
    this.#raw += this.#decoder.decode(chunk, { stream: true });
    for (const listener of this.#listeners) listener();
  }

  end(): void {
    this.#isOver = true;
    for (const listener of this.#listeners) listener();
  }

  /** Reads `stream` to its end. */
  async follow(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) this.add(chunk);
    this.end();
  }

  /** @throws where the text ends, or `seconds` pass, without `pattern` */
  async waitFor(pattern: RegExp, seconds: number = PATIENCE_SECONDS): Promise<RegExpExecArray> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const match = pattern.exec(this.text.slice(this.#read));
      if (match !== null) {
        this.#read += match.index + match[0].length;
        return match;
      }
      const left = deadline - Date.now();
      if (this.#isOver || left <= 0) {
        throw new Error(
          `${this.#isOver ? "The end came" : `${seconds} s passed`} without ${pattern}:\n${this.text}`,
        );
      }
      await this.#change(left);
    }
  }

  async #change(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#listeners.add(resolve);
    await promise;
    this.#listeners.delete(resolve);
    clearTimeout(timer);
  }
}
