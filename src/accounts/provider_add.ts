/**
 * Adds a provider to the user's registry, or a client to one that is there.
 *
 * @module
 */
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { isDocumentName } from "../registry/client_document.ts";
import type { Provider } from "../registry/provider.ts";
import { saveFields } from "../registry/user_file.ts";
import { resolveSecret } from "../registry/secret.ts";
import { readClientFile } from "./client_file.ts";
import type { GivenClient } from "./client_setup.ts";
import { keepSecretFor } from "./client_secret.ts";
import type { Services } from "./services.ts";

/** Fields as they are written to the file. */
export type EntryFields = Readonly<Record<string, unknown>>;

/** What to add. */
export interface Addition {
  readonly id: string;
  readonly fields: EntryFields;
  readonly clientSecret?: string | undefined;
  /** Values of variables, where a secret must know which installation it is for. */
  readonly set?: Readonly<Record<string, string>> | undefined;
}

/** What was added, and where. */
export interface Added {
  readonly id: string;
  readonly file: string;
  readonly fields: EntryFields;
  readonly hasSecret: boolean;
}

/**
 * The provider as it would be with the addition.
 *
 * @throws {ConfigurationError} code `broken_entry`, saying what is wrong with which field
 */
export async function tryAddition(services: Services, { id, fields, set = {} }: Addition): Promise<Provider> {
  const registry = (await services.registry()).with(id, fields);
  return registry.preview(id, { set });
}

/**
 * Adds. The registry must be read anew afterwards.
 *
 * @throws {ConfigurationError} where the entry would be broken, or the file cannot be changed; nothing is stored then
 * @throws {UsageError} code `missing_variable` where a secret needs to know its installation
 */
export async function addProvider(services: Services, paths: Paths, addition: Addition): Promise<Added> {
  const { id, fields, clientSecret, set = {} } = addition;
  await tryAddition(services, addition);
  if (clientSecret !== undefined) {
    const registry = (await services.registry()).with(id, fields);
    const provider = registry.resolve(id, { set });
    if (provider.client_id === undefined) throw secretWithoutId(id);
    const write = (): Promise<Added> => writeAddition(services, paths, addition);
    return await keepSecretFor(services, { provider, secret: clientSecret }, write);
  }
  return await writeAddition(services, paths, addition);
}

async function writeAddition(
  services: Services,
  paths: Paths,
  { id, fields, clientSecret }: Addition,
): Promise<Added> {
  const hasSecret = clientSecret !== undefined;
  if (Object.keys(fields).length === 0) return { id, file: paths.registryFile, fields, hasSecret };
  const { file, narrowed } = await saveFields(paths, id, fields);
  if (narrowed) services.notice(`"${paths.configFolder}" could be read by others; it no longer can`);
  return { id, file, fields, hasSecret };
}

/**
 * The client that a file holds: a JSON file as providers offer it, or the bare secret.
 *
 * @throws {ConfigurationError} code `client_file` or `no_secret`
 */
export async function clientFrom(services: Services, file: string): Promise<GivenClient> {
  if (isDocumentName(file)) {
    const { clientId, clientSecret } = await readClientFile(file, services.notice);
    return { clientId, clientSecret };
  }
  const source = { file: file.startsWith("~/") ? file : resolve(file) };
  return { clientSecret: await resolveSecret(source, services.environment, { notice: services.notice }) };
}

function secretWithoutId(id: string): UsageError {
  return new UsageError(`Cannot keep a client secret for "${id}": no client id is known`, {
    code: "no_client",
    hint: `keyfob providers add ${id} --client-id ID --client-secret-file FILE`,
  });
}
