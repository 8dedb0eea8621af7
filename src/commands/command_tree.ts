/**
 * The command tree as plain data: what `--help`, the man page and the shells' completions are all made from.
 *
 * @module
 */

/** One command with its children. */
export interface CommandNode {
  readonly name: string;
  readonly description: string;
  /** How it is called, without the program's name and its parents'. */
  readonly usage: string;
  readonly parameters: readonly ParameterNode[];
  readonly options: readonly OptionNode[];
  /** What the help says below its lists: paragraphs, and indented examples; empty where nothing. */
  readonly note: string;
  readonly children: readonly CommandNode[];
}

/** A positional word. Its name says what kind of value it is: `account`, `file`, … */
export interface ParameterNode {
  readonly name: string;
  readonly description: string;
  readonly isVariadic: boolean;
}

/** A flag. */
export interface OptionNode {
  /** As the help shows it: `-V, --version`, `--port <port>`. */
  readonly flags: string;
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** The name in `<…>`, absent where the flag takes no value. It says what kind of value it is. */
  readonly value: string | undefined;
}
