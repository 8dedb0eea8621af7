/**
 * The registry files of one installation, lowest layer first.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Paths } from "../paths.ts";
import { distrustOf } from "../private_file.ts";
import { closeToOthers } from "./closing.ts";
import builtInText from "./providers.json" with { type: "text" };
import { isRawObject, type RawObject } from "./merge.ts";
import { readSource, type RegistrySource, sourceOf, unreadable } from "./source.ts";

/** Where the machine's administrator describes providers; Windows has no such place. */
export const SYSTEM_REGISTRY_FILE = process.platform === "win32" ? undefined : "/etc/keyfob/providers.json";

/** What the built-in registry is called in messages. */
export const BUILT_IN_FILE = "(built in)";

/**
 * Every source that there is: the system's, then the user's file, then those of the user's folder by name. What of the
 * user's others could read is closed to them; `notice` is told of that.
 */
export async function readLayers(
  paths: Paths,
  systemFile: string | undefined,
  notice: (text: string) => void,
): Promise<RegistrySource[]> {
  const system = systemFile === undefined ? undefined : await readSource(systemFile, "system");
  const user = (await readSource(paths.registryFile, "user")) ?? missingUserFile(paths);
  const folder = paths.registryFolder === undefined ? [] : await readFolder(paths.registryFolder);
  const sources = [system, user, ...folder].filter((source) => source !== undefined);
  for (const source of sources) await closeToOthers(source, notice);
  return sources;
}

/** Entries that ship with keyfob. They are tested at build time, so nobody validates them again. */
export function builtInEntries(): ReadonlyMap<string, RawObject> {
  const file: unknown = JSON.parse(shippedText());
  const providers = isRawObject(file) && isRawObject(file["providers"]) ? file["providers"] : {};
  return new Map(
    Object.entries(providers).filter((pair): pair is [string, RawObject] => isRawObject(pair[1])),
  );
}

/** The built-in registry as a source, for checking it as any other file. */
export function builtInSource(): RegistrySource {
  return sourceOf(shippedText(), BUILT_IN_FILE, "built-in");
}

/** The text of the shipped file. To the compiler a `.json` import is an object, whatever its attributes say. */
function shippedText(): string {
  const text: unknown = builtInText;
  return typeof text === "string" ? text : JSON.stringify(text);
}

/** No file is fine, unless the person named one: `KEYFOB_REGISTRY` leaves no folder beside it. */
function missingUserFile({ registryFile, registryFolder }: Paths): RegistrySource | undefined {
  if (registryFolder !== undefined) return undefined;
  const hint = "KEYFOB_REGISTRY names a file that does not exist";
  return unreadable(registryFile, "user", { message: "there is no such file", hint });
}

async function readFolder(folder: string): Promise<(RegistrySource | undefined)[]> {
  const refused = await refuseFolder(folder);
  if (refused !== undefined) return [refused];
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json") && !name.startsWith("."));
  return await Promise.all(files.sort().map((name) => readSource(join(folder, name), "user")));
}

/** Who may write to the folder may add an entry to it. */
async function refuseFolder(folder: string): Promise<RegistrySource | undefined> {
  const distrust = await distrustOf(folder).catch(() => undefined);
  return distrust && unreadable(folder, "user", { message: distrust.reason, hint: distrust.hint });
}
