/**
 * Writes into the user's own registry file, as a careful person would with an editor.
 *
 * @module
 */
import { mkdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { privateFolder, refuseForeignFile, writePrivateFile } from "../private_file.ts";
import { cannotWrite } from "../write_trouble.ts";
import { jsonSchema } from "./json_schema.ts";
import { parseJsonc } from "./jsonc.ts";
import { editJsonc, removeJsonc } from "./jsonc_edit.ts";
import type { RawObject } from "./merge.ts";
import { LARGEST_FILE_BYTES } from "./source.ts";

/** The schema that editors read, beside the registry file which names it. */
const SCHEMA_FILE = "providers.schema.json";

/** What was written, and what the person should know of it. */
export interface WrittenEntry {
  readonly file: string;
  /** Whether the folder could be read by others before. */
  readonly narrowed: boolean;
}

/**
 * Sets `fields` of the entry `id` in the user's registry file; comments, order and other fields stay. The file is made
 * where there is none.
 *
 * @throws {ConfigurationError} `foreign_file`, `writable_by_others` or `unreadable_registry`; nothing is changed then
 * @throws {Failed} code `not_written`, as on a full disk
 */
export async function saveFields(paths: Paths, id: string, fields: RawObject): Promise<WrittenEntry> {
  return await explained(paths, () => writeFields(paths, id, fields));
}

/**
 * Removes the entry `id` from the user's registry file; comments and the other entries stay. False where there is none.
 *
 * @throws what {@link saveFields} throws; nothing is changed then
 */
export async function removeEntry(paths: Paths, id: string): Promise<boolean> {
  return await explained(paths, async () => {
    const file = await realpath(paths.registryFile).catch(() => paths.registryFile);
    const before = await readBefore(file);
    const after = before === undefined ? undefined : removeJsonc(before, ["providers", id]);
    if (after === undefined || after === before) return false;
    await writePrivateFile(file, after);
    return true;
  });
}

async function explained<Value>(paths: Paths, write: () => Promise<Value>): Promise<Value> {
  try {
    return await write();
  } catch (failure) {
    const own = paths.registryFolder === undefined ? "set KEYFOB_REGISTRY to a file of your own" : undefined;
    throw cannotWrite(failure, paths.registryFile, own);
  }
}

async function writeFields(paths: Paths, id: string, fields: RawObject): Promise<WrittenEntry> {
  const narrowed = await prepareFolder(paths);
  const file = await realpath(paths.registryFile).catch(() => paths.registryFile);
  const before = await readBefore(file);
  const text = withFields(before ?? newFile(paths), id, fields);
  await writePrivateFile(file, text);
  if (namesSchema(text) && paths.registryFolder !== undefined) await writeSchema(paths.configFolder);
  return { file: paths.registryFile, narrowed };
}

function withFields(text: string, id: string, fields: RawObject): string {
  const entry = ["providers", id];
  if (!hasEntry(text, id)) return editJsonc(text, entry, fields);
  return Object.entries(fields).reduce(
    (edited, [name, value]) => editJsonc(edited, [...entry, name], value),
    text,
  );
}

function hasEntry(text: string, id: string): boolean {
  const { value } = parseJsonc(text) as { value?: { providers?: Record<string, unknown> } };
  const entry = value?.providers?.[id];
  return typeof entry === "object" && entry !== null;
}

/** A folder that `KEYFOB_REGISTRY` points into is the person's, so it keeps its permissions. */
async function prepareFolder({ registryFile, registryFolder, configFolder }: Paths): Promise<boolean> {
  if (registryFolder === undefined) {
    await mkdir(dirname(registryFile), { recursive: true, mode: 0o700 });
    return false;
  }
  const narrowed = await privateFolder(configFolder);
  await refuseForeignFile(configFolder);
  return narrowed;
}

async function readBefore(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) throw cannotChange(file, "it is not a regular file");
  await refuseForeignFile(file);
  if (found.size > LARGEST_FILE_BYTES) throw cannotChange(file, "it is larger than 8 MiB");
  const text = await readFile(file, "utf8");
  const broken = parseJsonc(text).problems.find(({ syntax }) => syntax);
  if (broken === undefined || text.trim() === "") return text;
  throw cannotChange(file, `${broken.message} at line ${broken.line}, column ${broken.column}`);
}

function cannotChange(file: string, reason: string): ConfigurationError {
  return new ConfigurationError(`Cannot change "${file}": ${reason}`, {
    code: "unreadable_registry",
    hint: "keyfob providers check says what is wrong with it",
  });
}

function newFile({ registryFolder }: Paths): string {
  const schema = registryFolder === undefined ? {} : { $schema: `./${SCHEMA_FILE}` };
  return `${JSON.stringify({ ...schema, providers: {} }, null, 2)}\n`;
}

function namesSchema(text: string): boolean {
  const { value } = parseJsonc(text) as { value?: { $schema?: unknown } };
  return value?.$schema === `./${SCHEMA_FILE}`;
}

async function writeSchema(folder: string): Promise<void> {
  await writePrivateFile(join(folder, SCHEMA_FILE), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
}
