/**
 * Remembers in `config.json` how a person likes to log in to a provider.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { privateFolder, writePrivateFile } from "../private_file.ts";
import type { RememberedMethod } from "./configuration.ts";
import { readConfiguration } from "./configuration_file.ts";

/**
 * Writes the choice beside whatever else the file says.
 *
 * @throws {ConfigurationError} where the file is not as it must be
 */
export async function rememberMethod(
  file: string,
  provider: string,
  method: RememberedMethod,
): Promise<void> {
  const { method: known } = await readConfiguration(file);
  const text = await readFile(file, "utf8").catch(() => "{}");
  // Checked above: what is not an object does not get here.
  const document = JSON.parse(text) as Record<string, unknown>;
  const remembered = { ...document, method: { ...known, [provider]: method } };
  await privateFolder(dirname(file));
  await writePrivateFile(file, `${JSON.stringify(remembered, null, 2)}\n`);
}
