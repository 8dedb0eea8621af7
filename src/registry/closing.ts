/**
 * Registry files of the user that others could read, closed to them with a notice: they may hold a client's secret.
 *
 * @module
 */
import { narrow } from "../private_file.ts";
import { isRawObject } from "./merge.ts";
import type { RegistrySource } from "./source.ts";

/** Takes the permissions of others from the file of `source`, saying so. The administrator's files are for everybody. */
export async function closeToOthers(source: RegistrySource, notice: (text: string) => void): Promise<void> {
  const { file, layer, unused } = source;
  if (layer !== "user" || unused !== undefined) return;
  try {
    if (await narrow(file)) notice(`"${file}" could be read by other users: it is now yours alone`);
  } catch {
    // Root's file in a container, or a read-only disk: that others know where a provider is does no harm.
    if (holdsSecret(source))
      notice(`"${file}" holds a client secret that other users can read, and this cannot be changed`);
  }
}

function holdsSecret({ entries }: RegistrySource): boolean {
  return [...entries.values()].some((raw) => isRawObject(raw) && typeof raw["client_secret"] === "string");
}
