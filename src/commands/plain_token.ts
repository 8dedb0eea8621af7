/**
 * `keyfob token ACCOUNT`, the form that scripts call a thousand times, where a fresh token lies in a vault at rest.
 *
 * @module
 */
import { tokenVariable } from "../accounts/token_variable.ts";
import { dataFolder } from "../data_folder.ts";
import { writeOut } from "../standard_output.ts";
import { type AccountName, splitAccountName } from "../vault/account.ts";
import { freshnessOf, USUAL_MIN_VALID_SECONDS } from "../vault/freshness.ts";
import { glanceAt } from "../vault/glance.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Prints the token and returns true, or prints nothing and returns false: then the ordinary command gives the token, or
 * says what is wrong.
 */
export async function printPlainToken(words: readonly string[], environment: Environment): Promise<boolean> {
  const [command, account = "-", ...more] = words;
  if (command !== "token" || account.startsWith("-") || more.length > 0) return false;
  try {
    const token = await storedToken(splitAccountName(account), environment);
    if (token === undefined) return false;
    await writeOut(`${token}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where the stored token will not do, or more is asked than whether it does. */
async function storedToken(name: AccountName, environment: Environment): Promise<string | undefined> {
  const { KEYFOB_STORE, CREDENTIALS_DIRECTORY, SUDO_USER, DOAS_USER, KEYFOB_KEY_FILE, HOME } = environment;
  const elsewhere = KEYFOB_STORE ?? CREDENTIALS_DIRECTORY ?? SUDO_USER ?? DOAS_USER;
  if (elsewhere !== undefined || environment[tokenVariable(name.provider)] !== undefined) return undefined;
  const folder = dataFolder({ environment, platform: process.platform, homeFolder: HOME ?? "" });
  if (!folder.startsWith("/")) return undefined;
  const found = await glanceAt({ folder, namedKeyFile: KEYFOB_KEY_FILE || undefined }, name);
  if (found?.state !== "alive") return undefined;
  const freshness = freshnessOf(found, USUAL_MIN_VALID_SECONDS, new Date());
  return freshness === "fresh" ? found.session.tokens.accessToken : undefined;
}
