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
import { glanceAt, type GlancePlaces } from "../vault/glance.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Prints the token of `account` and returns true, or prints nothing and returns false: then the ordinary command gives
 * the token, or says what is wrong.
 */
export async function printPlainToken(account: string, environment: Environment): Promise<boolean> {
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
  const { KEYFOB_STORE, CREDENTIALS_DIRECTORY, SUDO_USER, DOAS_USER } = environment;
  const elsewhere = KEYFOB_STORE ?? CREDENTIALS_DIRECTORY ?? SUDO_USER ?? DOAS_USER;
  if (elsewhere !== undefined || environment[tokenVariable(name.provider)] !== undefined) return undefined;
  const places = placesIn(environment);
  const found = places && (await glanceAt(places, name));
  if (found?.state !== "alive") return undefined;
  const freshness = freshnessOf(found, USUAL_MIN_VALID_SECONDS, new Date());
  return freshness === "fresh" ? found.session.tokens.accessToken : undefined;
}

/** Undefined where it takes more than the environment to say where they are. */
function placesIn(environment: Environment): GlancePlaces | undefined {
  const { KEYFOB_HOME, HOME: homeFolder = "", KEYFOB_KEY_FILE } = environment;
  const { platform } = process;
  // Permissions and paths are others on Windows; elsewhere who has no home there is looked up.
  if (platform === "win32" || !(KEYFOB_HOME || isPlain(homeFolder))) return undefined;
  const places = {
    folder: dataFolder({ environment, platform, homeFolder }),
    namedKeyFile: KEYFOB_KEY_FILE || undefined,
  };
  return isPlain(places.folder) && isPlain(places.namedKeyFile ?? places.folder) ? places : undefined;
}

/** Whether everybody takes `path` for the same place: behind a link `..` is one thing as text, and another on the disk. */
function isPlain(path: string): boolean {
  return path.startsWith("/") && !path.includes("/..");
}
