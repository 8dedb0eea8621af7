/**
 * Finds out from the command tree what the word at the cursor is: a command, a flag, or a value of some kind.
 *
 * @module
 */
import type { CommandNode, OptionNode } from "./command_tree.ts";

/** One thing the word may become. */
export interface Suggestion {
  readonly value: string;
  readonly description: string;
}

/** What is asked for. */
export interface Ask {
  /** The word so far, without `prefix`. */
  readonly word: string;
  /** What stands before it in the same word and is kept: `--method=`. */
  readonly prefix: string;
  /** Commands and flags that fit here. */
  readonly ready: readonly Suggestion[];
  /** Kind of the value that fits here: the name of a parameter or of a flag's value. */
  readonly kind: string | undefined;
  /** Whether it is an account that may be new, or a provider. */
  readonly isLogin: boolean;
}

/** Commands that take a provider where they take an account. */
const BOTH: ReadonlySet<string> = new Set(["login", "doctor"]);

/** Reads `words` (without the program's name); the last is at the cursor, empty after a space. */
export function ask(tree: CommandNode, words: readonly string[]): Ask {
  const word = words.at(-1) ?? "";
  const isHelp = words.length > 1 && words[0] === "help";
  const place = walk(tree, words.slice(isHelp ? 1 : 0, -1));
  const plain = { word, prefix: "", ready: [], kind: undefined, isLogin: BOTH.has(place.node.name) };
  if (place.isOver) return plain;
  if (isHelp) return { ...plain, ready: place.node.children.map(commandSuggestion) };
  if (place.pending !== undefined) return { ...plain, kind: place.pending.value };
  const [, flag, value] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  if (flag !== undefined && value !== undefined) {
    return { ...plain, word: value, prefix: `${flag}=`, kind: optionOf(place.node, flag)?.value };
  }
  if (word.startsWith("-")) return { ...plain, ready: place.node.options.map(flagSuggestion) };
  if (place.node.children.length > 0) return { ...plain, ready: place.node.children.map(commandSuggestion) };
  return { ...plain, kind: parameterKind(place) };
}

/** Where a command line has got to. */
interface Place {
  readonly node: CommandNode;
  /** The flag whose value comes next. */
  readonly pending: OptionNode | undefined;
  /** Positional words given so far. */
  readonly given: number;
  /** Whether `--` was passed: what follows belongs to another program. */
  readonly isOver: boolean;
}

function walk(tree: CommandNode, words: readonly string[]): Place {
  let place: Place = { node: tree, pending: undefined, given: 0, isOver: false };
  for (const word of words) place = step(place, word);
  return place;
}

function step(place: Place, word: string): Place {
  if (place.isOver) return place;
  if (place.pending !== undefined) return { ...place, pending: undefined };
  if (word === "--") return { ...place, isOver: true };
  if (word.startsWith("-")) {
    const option = optionOf(place.node, word);
    return option?.value === undefined ? place : { ...place, pending: option };
  }
  const child = place.node.children.find(({ name }) => name === word);
  return child === undefined ? { ...place, given: place.given + 1 } : { ...place, node: child };
}

function optionOf({ options }: CommandNode, word: string): OptionNode | undefined {
  return options.find(({ long, short }) => long === word || short === word);
}

function parameterKind({ node: { parameters }, given }: Place): string | undefined {
  const last = parameters.at(-1);
  return (parameters[given] ?? (last?.isVariadic === true ? last : undefined))?.name;
}

function flagSuggestion({ long, description }: OptionNode): Suggestion {
  return { value: long, description };
}

function commandSuggestion({ name, description }: CommandNode): Suggestion {
  return { value: name, description };
}
