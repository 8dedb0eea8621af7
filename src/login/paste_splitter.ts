/**
 * Telling pastes from keys in what a terminal sends.
 *
 * @module
 */

/** A run of keys, or a paste as a whole. */
export interface InputPiece {
  readonly kind: "keys" | "paste";
  readonly text: string;
}

/** What terminals put around a paste once asked to (xterm, "Bracketed Paste Mode"). */
const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";
const ESCAPE = "\u001b";
const CONTROL_C = "\u0003";

/** Characters that arrive at once only from a paste: more than anybody types in one read over a slow connection. */
const BURST_LENGTH = 24;
/** Characters kept of one paste; the rest of a longer one is dropped. */
const LONGEST_PASTE = 262_144;

/** Milliseconds of silence after which a half escape sequence is the Escape key. */
const SEQUENCE_QUIET = 50;
/** Milliseconds of silence that end a paste without brackets: slow links deliver it in pieces. */
const BURST_QUIET = 150;
/** Milliseconds of silence after which a bracketed paste has lost its end. */
const BRACKET_QUIET = 2000;

// oxlint-disable-next-line no-control-regex -- keys such as the arrows are such sequences
const KEY_SEQUENCE = /\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;

/** Takes what arrives, in any pieces, and gives keys and pastes. */
export class PasteSplitter {
  #mode: "keys" | "bracketed" | "burst" = "keys";
  #held = "";

  /** Milliseconds of silence to wait before calling `quiet`; undefined while nothing is held back. */
  get patience(): number | undefined {
    if (this.#mode === "bracketed") return BRACKET_QUIET;
    if (this.#mode === "burst") return BURST_QUIET;
    return this.#held === "" ? undefined : SEQUENCE_QUIET;
  }

  /** What is certain after `chunk`. */
  push(chunk: string): InputPiece[] {
    if (chunk === CONTROL_C) {
      this.#reset();
      return [{ kind: "keys", text: chunk }];
    }
    const pieces: InputPiece[] = [];
    let rest = this.#held + chunk;
    this.#held = "";
    while (rest !== "") rest = this.#step(rest, pieces);
    this.#held = this.#held.slice(0, LONGEST_PASTE);
    return pieces;
  }

  /** What is certain after silence. */
  quiet(): InputPiece[] {
    const { held, wasPaste } = { held: this.#held, wasPaste: this.#mode !== "keys" };
    this.#reset();
    // Escape alone does nothing here: it must not end a login by accident.
    if (held === "" || held === ESCAPE) return [];
    return [{ kind: wasPaste ? "paste" : "keys", text: held }];
  }

  /** Takes one piece off `text`; returns what is left to look at. */
  #step(text: string, pieces: InputPiece[]): string {
    if (this.#mode === "burst") return this.#hold(text);
    if (this.#mode === "bracketed") {
      const end = text.indexOf(PASTE_END);
      if (end < 0) return this.#hold(text);
      this.#mode = "keys";
      pieces.push({ kind: "paste", text: text.slice(0, end) });
      return text.slice(end + PASTE_END.length);
    }
    const start = text.indexOf(PASTE_START);
    if (start >= 0) {
      if (start > 0) pieces.push({ kind: "keys", text: text.slice(0, start) });
      this.#mode = "bracketed";
      return text.slice(start + PASTE_START.length);
    }
    if (text.replace(KEY_SEQUENCE, "").length >= BURST_LENGTH) {
      this.#mode = "burst";
      return this.#hold(text);
    }
    const certain = text.length - startedMark(text);
    if (certain > 0) pieces.push({ kind: "keys", text: text.slice(0, certain) });
    return this.#hold(text.slice(certain));
  }

  #hold(text: string): "" {
    this.#held = text;
    return "";
  }

  #reset(): void {
    this.#mode = "keys";
    this.#held = "";
  }
}

/** How many characters at the end of `text` may be the beginning of a paste mark. */
function startedMark(text: string): number {
  for (let length = Math.min(PASTE_START.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(PASTE_START.slice(0, length))) return length;
  }
  return 0;
}
