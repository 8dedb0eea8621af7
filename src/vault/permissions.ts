/**
 * Files of the vault that others could read, repaired with a notice.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { ConfigurationError } from "../errors.ts";

type Notice = (text: string) => void;

/** The bit of folders such as /tmp, which belong to everybody. */
const STICKY = 0o1000;

/** Any permission of group or others. */
const OTHERS = 0o077;

/**
 * Makes `folder` ours alone, and makes it where it is absent. `known` is what stands there, where that is known.
 *
 * @throws {ConfigurationError} code `shared_folder` where it belongs to everybody, as /tmp does
 */
export async function claimFolder(folder: string, notice: Notice, known?: Stats): Promise<void> {
  const found = known ?? (await statOf(folder));
  if (found !== undefined && (found.mode & STICKY) !== 0) {
    throw new ConfigurationError(`Cannot keep the vault in "${folder}": the folder belongs to every user`, {
      code: "shared_folder",
      hint: "set KEYFOB_HOME to a folder of your own",
    });
  }
  if (found?.isDirectory() === true && !isWide(found)) return;
  const { privateFolder } = await import("../private_file.ts");
  if (await privateFolder(folder)) notice(`"${folder}" could be read by other users: it is now yours alone`);
}

/** Takes the permissions of others from the file at `path`, saying so; says so too where that is not possible. */
export async function narrowWithNotice(path: string, notice: Notice, known?: Stats): Promise<void> {
  // Whoever reads the file next says why it cannot be looked at.
  const found = known ?? (await statOf(path).catch(() => undefined));
  if (found === undefined || !found.isFile() || !isWide(found)) return;
  const { narrow } = await import("../private_file.ts");
  try {
    await narrow(path);
    notice(`"${path}" could be read by other users: it is now yours alone`);
  } catch {
    notice(`"${path}" can be read by other users, and this cannot be changed`);
  }
}

/** What stands at `path`; undefined where nothing does. */
export async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await Bun.file(path).stat();
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}

function isWide({ mode }: Stats): boolean {
  return process.platform !== "win32" && (mode & OTHERS) !== 0;
}
