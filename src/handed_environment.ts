/**
 * The environment for programs that keyfob starts.
 *
 * @module
 */

/** An environment as the system has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that carry tokens into keyfob, or to a program that keyfob ran. */
const TOKEN_VARIABLE = /^KEYFOB_TOKEN_/i;

/** `environment` without the tokens that keyfob itself may have been given. */
export function withoutTokens(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !TOKEN_VARIABLE.test(pair[0]),
  );
  return Object.fromEntries(kept);
}
