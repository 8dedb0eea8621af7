/**
 * Who is logged in to this machine, as `ssh` would have to say it.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** The name of the person's session; undefined where the system has none for it. `os.userInfo` only reads `USER`. */
export function readUserName(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return (
    environment["SUDO_USER"] || environment["USER"] || environment["LOGNAME"] || nameOf(process.getuid?.())
  );
}

function nameOf(uid: number | undefined): string | undefined {
  if (uid === undefined) return undefined;
  try {
    const entries = readFileSync("/etc/passwd", "utf8").split("\n");
    const own = entries.map((line) => line.split(":")).find(([, , id]) => id === String(uid));
    return own?.[0];
  } catch {
    return undefined;
  }
}
