/**
 * Settling one answer at a time.
 *
 * @module
 */

/** Lets answers be settled one at a time, so that a code pasted and called back at once is spent once. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #idle: (() => void)[] = [];
  #isOver = false;

  /** Runs `work` after whatever came before it; never, where that ended the login. Undefined lets the wait go on. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    this.#waiting += 1;
    try {
      await before;
      if (this.#isOver) return await this.#leave();
      this.#isOver = true;
      const result = await work();
      this.#isOver = result !== undefined;
      return result;
    } finally {
      this.#waiting -= 1;
      mine.resolve();
      if (this.#waiting === 0) setTimeout(() => this.#idle.splice(0).forEach((then) => then()));
    }
  }

  /** Waits for ever, and is no longer waited for: another answer has ended the login. */
  async #leave(): Promise<never> {
    this.#waiting -= 1;
    return new Promise<never>(() => {});
  }

  /** Calls `then` at once, or when the settling under way has failed: a code that is being spent is never given up. */
  whenIdle(then: () => void): void {
    if (this.#waiting === 0) then();
    else this.#idle.push(then);
  }
}
