/**
 * The environment variable that carries a provider's token into keyfob.
 *
 * @module
 */

/** `KEYFOB_TOKEN_` and the id in upper case, with `_` for what a variable's name may not hold. */
export function tokenVariable(provider: string): string {
  return `KEYFOB_TOKEN_${provider.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}
