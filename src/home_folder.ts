/**
 * The home folder, where there is one and it is ours.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import { ConfigurationError } from "./errors.ts";

/**
 * The home folder: `HOME` where it is absolute, else what the system says of this user.
 *
 * @throws {ConfigurationError} `no_home`, as in a container whose user has no name
 */
export function findHomeFolder(): string {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : listedHome();
  } catch (cause) {
    throw new ConfigurationError("Cannot find the home folder: HOME gives none, and this user has none", {
      code: "no_home",
      hint: "set HOME to an absolute path, or KEYFOB_HOME to a folder of your own",
      cause,
    });
  }
}

/** What the system's list of users says: where HOME is set at all, the platform asks nobody else. */
function listedHome(): string {
  const user = String(process.getuid?.());
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((text) => text.split(":"))
    .find(([, , number]) => number === user);
  const home = line?.[5];
  if (home === undefined || !isAbsolute(home)) throw new Error("no home in /etc/passwd");
  return home;
}

/** Who asks, and for what. */
export interface HomeFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Number of this process's user; undefined where the system has none. */
  readonly user: number | undefined;
  /** Where logins are kept. */
  readonly folder: string;
}

/**
 * Refuses to keep root's logins in the home of the person who called sudo: the files would be root's, and in the
 * person's way ever after.
 *
 * @throws {ConfigurationError} `foreign_home`
 */
export function refuseForeignHome({ environment, user, folder }: HomeFacts): void {
  const caller = environment["SUDO_USER"] ?? environment["DOAS_USER"];
  const home = environment["HOME"];
  if (user !== 0 || !caller || !home || !folder.startsWith(`${home}/`)) return;
  const owner = statSync(home, { throwIfNoEntry: false })?.uid ?? 0;
  if (owner === 0) return;
  throw new ConfigurationError(`Cannot keep logins of root in "${home}": it is the home of another user`, {
    code: "foreign_home",
    hint: "run keyfob without sudo; for root's own logins use sudo -H, or set KEYFOB_HOME",
  });
}
