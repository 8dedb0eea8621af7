/**
 * Single keys that do something while nothing is typed.
 *
 * @module
 */

/** What each key does. */
export type KeyCommands = Readonly<Record<string, () => void>>;

/** Milliseconds a key must stand alone to be a command: faster ones are the beginning of a typed code. */
const ALONE_MILLISECONDS = 300;

/** Tells commands from typed text. */
export class KeyListener {
  readonly #commands: KeyCommands;
  readonly #typed: (text: string) => void;
  #held: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `typed` takes every key that is no command. */
  constructor(commands: KeyCommands, typed: (text: string) => void) {
    this.#commands = commands;
    this.#typed = typed;
  }

  /** Takes keys; `isEmpty` says whether nothing has been typed so far. */
  take(text: string, isEmpty: boolean): void {
    clearTimeout(this.#timer);
    const held = this.#held ?? "";
    this.#held = undefined;
    const command = held === "" && isEmpty ? this.#commands[text] : undefined;
    if (command === undefined) return this.#typed(held + text);
    this.#held = text;
    this.#timer = setTimeout(() => {
      this.#held = undefined;
      command();
    }, ALONE_MILLISECONDS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
