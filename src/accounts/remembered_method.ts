/**
 * Remembers in `config.json` how a person likes to log in to a provider.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { privateFolder, writePrivateFile } from "../private_file.ts";
import { editJsonc } from "../registry/jsonc_edit.ts";
import type { RememberedMethod } from "./configuration.ts";
import { readConfiguration } from "./configuration_file.ts";

/**
 * Writes the choice beside whatever else the file says; comments stay.
 *
 * @throws {ConfigurationError} where the file is not as it must be
 */
export async function rememberMethod(
  file: string,
  provider: string,
  method: RememberedMethod,
): Promise<void> {
  await readConfiguration(file);
  const text = await readFile(file, "utf8").catch(() => "");
  await privateFolder(dirname(file));
  await writePrivateFile(file, editJsonc(text, ["method", provider], method));
}
