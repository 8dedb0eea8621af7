/**
 * What was begun and ends before an interruption takes effect, in the words of a person.
 *
 * @module
 */

/** Runs `work`, which is known to be waited for, as `what`, until it ends. */
export type SeeThrough = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;

/** All of that in one run of the program. */
export class SeenThrough {
  readonly #works = new Set<{ readonly what: string }>();

  /** See {@link SeeThrough}. `what` follows "Waiting for", as in `the tokens of "google"`. */
  readonly run: SeeThrough = async (what, work) => {
    const entry = { what };
    this.#works.add(entry);
    try {
      return await work();
    } finally {
      this.#works.delete(entry);
    }
  };

  /** What is waited for, of several what began first; undefined where nothing is. */
  get first(): string | undefined {
    return this.#works.values().next().value?.what;
  }
}
