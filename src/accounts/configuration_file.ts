/**
 * Reading the person's own settings from `config.json`.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { ConfigurationError } from "../errors.ts";
import { refuseForeignFile } from "../private_file.ts";
import { isAbsence, type ReadTrouble, readTrouble } from "../read_trouble.ts";
import type { Configuration } from "./configuration.ts";

/**
 * Reads `config.json`, which may hold comments as the registry does; a missing file is an empty one. Its hooks
 * are run, so nobody else may write to it.
 *
 * @throws {ConfigurationError} where it is not as it must be
 */
export async function readConfiguration(file: string): Promise<Configuration> {
  const text = await readText(file);
  if (text === undefined) return {};
  await refuseForeignFile(file);
  // Loaded where there is something to check: most machines have no such file.
  const [{ parseJsonc }, { parseConfiguration }] = await Promise.all([
    import("../registry/jsonc.ts"),
    import("./configuration_schema.ts"),
  ]);
  return parseConfiguration(parseJsonc(text), file);
}

/** Undefined where there is no such file. */
async function readText(file: string): Promise<string | undefined> {
  try {
    // A pipe would never end.
    if ((await stat(file)).isFile()) return await readFile(file, "utf8");
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    const { reason, hint } = readTrouble(cause, file);
    throw unreadable(file, { reason, hint }, cause);
  }
  throw unreadable(file, {
    reason: "it is not a regular file",
    hint: `move it away: mv '${file}' '${file}.old'`,
  });
}

function unreadable(file: string, { reason, hint }: ReadTrouble, cause?: unknown): ConfigurationError {
  const options = { code: "unreadable_configuration", hint, cause };
  return new ConfigurationError(`Cannot read "${file}": ${reason}`, options);
}
