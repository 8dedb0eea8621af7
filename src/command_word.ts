/**
 * The command that a command line names, found without parsing it.
 *
 * @module
 */

/** The first word that is no flag: the flags before a command take no values. Undefined where there is none. */
export function commandWord(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith("-"));
}

/** Whether it is `login`, whose failures are events. */
export function isLogin(argv: readonly string[]): boolean {
  return commandWord(argv) === "login";
}
