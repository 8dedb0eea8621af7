/**
 * The environment variable that carries a provider's token into keyfob.
 *
 * @module
 */

/** What `keyfob run --serve` tells its child; they carry no token of an account. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(["KEYFOB_TOKEN_URL", "KEYFOB_TOKEN_SECRET"]);

/**
 * `KEYFOB_TOKEN_` and the id in upper case, with `_` for what a variable's name may not hold: ids that differ in their
 * dots, dashes and underscores alone share one.
 */
export function tokenVariable(provider: string): string {
  let variable = "KEYFOB_TOKEN_";
  for (const letter of provider.toUpperCase()) variable += isPlain(letter) ? letter : "_";
  return variable;
}

function isPlain(letter: string): boolean {
  return (letter >= "A" && letter <= "Z") || (letter >= "0" && letter <= "9");
}

/** Whether `variable`, one of that form, can hold a provider's token. */
export function carriesToken(variable: string): boolean {
  return !OTHER_VARIABLES.has(variable);
}

/** Whether another id could have the same variable as `provider`. */
export function mayShareVariable(provider: string): boolean {
  return /[._-]/.test(provider);
}
