/**
 * How many words of a sentence are one command, which is there to be copied.
 *
 * @module
 */

/** Words after `keyfob` that may be commands and names of theirs: `store copy file postgres`. */
const COMMAND_WORDS = 4;
/** What further words of a command look like: flags, `--`, `<`, and names for what to put there. */
const FURTHER_WORD = /^(?:-|<|[A-Z]{2})/;
/** An account, or a name for what to put there: what comes next is the sentence, but for such another. */
const NAME = /\/|^[A-Z]{2}/;
/** Where a command within a sentence is over. */
const LAST_WORD = /[,;:.?)]$/;

/** Flags without a value; after any other stands its value. */
const BARE_FLAGS: ReadonlySet<string> = new Set(
  "access-token all begin cancel check copy force header help id-token if-needed json keep local no-browser online rollback serve switch version"
    .split(" ")
    .map((name) => `--${name}`),
);

/** The programs of the system that hints tell to run, and how many plain words each takes: `chmod go-w '/path'`. */
const PROGRAMS: Readonly<Record<string, number>> = {
  chmod: 1,
  chown: 1,
  export: 0,
  git: 1,
  kill: 0,
  ls: 0,
  mkdir: 0,
  mv: 0,
  openssl: 1,
  ssh: 0,
  timedatectl: 2,
  umask: 0,
  unset: 1,
};
/** What joins two commands to one, or leads to a file. */
const OPERATOR = /^(?:&&|\|\|?|<|>>?)$/;
/** Words that are none of a sentence: quoted, a flag, a number, a variable, a path. */
const SHELL_WORD = /^(?:["'$-]|\d|[A-Z_]+=)|\//;
/** A quoted path, alone or as the value of a variable. */
const QUOTED = /^\(?(?:[A-Z_]+=)?'/;

/** How many of `words` must stay on one line with the first, as they are one command or one quoted path; 1 for none. */
export function commandLength(words: readonly string[]): number {
  const first = words[0] ?? "";
  const name = first.replace(/^\(/, "");
  if (name === "keyfob") return lengthWhile(words, isOfKeyfob);
  if (Object.hasOwn(PROGRAMS, name)) {
    const whole = first === name ? undefined : lengthToEnd(words, /\)[,;:.]?$/);
    return whole ?? lengthWhile(words, isOfShell);
  }
  return QUOTED.test(first) ? (lengthToEnd(words, /'\S*$/) ?? 1) : 1;
}

type Belongs = (words: readonly string[], index: number) => boolean;

function lengthWhile(words: readonly string[], belongs: Belongs): number {
  let length = 1;
  while (length < words.length && belongs(words, length)) length += 1;
  return length;
}

/** Up to the first word that has such an `end` with no quote open after it; undefined where there is none. */
function lengthToEnd(words: readonly string[], end: RegExp): number | undefined {
  const last = words.findIndex((word, index) => end.test(word) && !isQuoteOpen(words.slice(0, index + 1)));
  return last < 0 ? undefined : last + 1;
}

function isOfKeyfob(words: readonly string[], index: number): boolean {
  const [word = "", before = ""] = [words[index], words[index - 1]];
  if (LAST_WORD.test(before)) return false;
  const earlier = words.slice(1, index);
  if (earlier.includes("--") || FURTHER_WORD.test(word)) return true;
  if (before === "<") return true;
  if (before.startsWith("--")) return !BARE_FLAGS.has(before) && !before.includes("=");
  if (earlier.some((one) => FURTHER_WORD.test(one))) return false;
  return index <= COMMAND_WORDS && (NAME.test(word) || !NAME.test(before));
}

function isOfShell(words: readonly string[], index: number): boolean {
  const [word = "", before = ""] = [words[index], words[index - 1]];
  if (isQuoteOpen(words.slice(0, index))) return true;
  if (LAST_WORD.test(before)) return false;
  if (OPERATOR.test(word) || OPERATOR.test(before) || SHELL_WORD.test(word)) return true;
  if (index <= (PROGRAMS[(words[0] ?? "").replace(/^\(/, "")] ?? 0)) return true;
  return words.slice(index).includes("&&");
}

/** Whether a quote that begins within `words` goes on after them. */
function isQuoteOpen(words: readonly string[]): boolean {
  let quote = "";
  for (const character of words.join(" ")) {
    if (quote === character) quote = "";
    else if (quote === "" && /["']/.test(character)) quote = character;
  }
  return quote !== "";
}
