/**
 * Reading the person's own settings from `config.json`.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { ConfigurationError } from "../errors.ts";
import { refuseForeignFile } from "../private_file.ts";
import type { Configuration } from "./configuration.ts";

/**
 * Reads `config.json`; a missing file is an empty one. Its hooks are run, so nobody else may write to it.
 *
 * @throws {ConfigurationError} where it is not as it must be
 */
export async function readConfiguration(file: string): Promise<Configuration> {
  const text = await readText(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw new ConfigurationError(`Cannot read "${file}"`, { cause });
  });
  if (text === undefined) return {};
  await refuseForeignFile(file);
  // Loaded where there is something to check: most machines have no such file.
  return (await import("./configuration_schema.ts")).parseConfiguration(parse(file, text), file);
}

/** A pipe would never end. */
async function readText(file: string): Promise<string> {
  if (!(await stat(file)).isFile()) throw new Error("it is not a regular file");
  return await readFile(file, "utf8");
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`Cannot read "${file}": it is not JSON`, { cause });
  }
}
