/**
 * The damaged stores that were kept aside.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What stands between a store's name and the time at which it was kept aside. */
export const KEPT = ".damaged-";

/** What SQLite keeps beside a store. */
export const BESIDE = ["-wal", "-journal", "-shm"];

/** The time that {@link KEPT} leads to, in UTC, and the number of a further one in the same second. */
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d+)?$/;

/** One store that was kept aside. */
export interface KeptStore {
  readonly path: string;
  readonly keptAt: Date;
  /** Of all its files. */
  readonly bytes: number;
}

/** Those beside the store at `path`, oldest first. None where the folder cannot be read. */
export async function listKeptStores(path: string): Promise<KeptStore[]> {
  const folder = dirname(path);
  const names: string[] = await readdir(folder).catch(() => []);
  const beginning = `${basename(path)}${KEPT}`;
  const found = names.toSorted().map(async (name): Promise<KeptStore[]> => {
    const keptAt = name.startsWith(beginning) ? timeOf(name.slice(beginning.length)) : undefined;
    if (keptAt === undefined) return [];
    const kept = join(folder, name);
    return [{ path: kept, keptAt, bytes: await sizeOf(["", ...BESIDE].map((end) => `${kept}${end}`)) }];
  });
  return (await Promise.all(found)).flat();
}

function timeOf(text: string): Date | undefined {
  if (!TIME.test(text)) return undefined;
  const time = new Date(text.replace(TIME, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = files.map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
