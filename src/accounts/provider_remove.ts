/**
 * Removes a provider from the user's registry, with the secret of its client.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Paths } from "../paths.ts";
import { removeEntry } from "../registry/user_file.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";

/** What was removed. */
export interface Removed {
  readonly id: string;
  /** The registry file that the entry stood in; undefined where only a secret was left of it. */
  readonly file: string | undefined;
  readonly hadSecret: boolean;
}

/**
 * Removes the entry `id` from the user's registry file, then forgets its sealed secret. Logins stay; they keep working
 * where the provider is built in and needs no secret. The registry must be read anew afterwards.
 *
 * @throws {UsageError} `provider_in_use` while somebody is logged in there, unless `force`; `not_added` where nothing
 * was added, naming where the entry stands
 * @throws what changing the file throws
 */
export async function removeProvider(
  services: Services,
  paths: Paths,
  { id, force }: { readonly id: string; readonly force: boolean },
): Promise<Removed> {
  const vault = await services.vault();
  const logins = (await vault.survey()).filter(({ name }) => name.provider === id);
  if (logins.length > 0 && !force)
    throw inUse(
      id,
      logins.map(({ name }) => formatAccountName(name)),
    );
  const isWritten = await removeEntry(paths, id);
  const hadSecret = await vault.forgetClientSecrets(id);
  if (!isWritten && !hadSecret) throw await notAdded(services, paths, id);
  return { id, file: isWritten ? paths.registryFile : undefined, hadSecret };
}

function inUse(id: string, accounts: readonly string[]): UsageError {
  const [first = id] = accounts;
  return new UsageError(`Cannot remove "${id}": somebody is logged in there (${accounts.join(", ")})`, {
    code: "provider_in_use",
    hint: `keyfob logout ${first}, or keyfob providers remove ${id} --force to keep the logins`,
  });
}

async function notAdded(services: Services, { registryFile }: Paths, id: string): Promise<UsageError> {
  const registry = await services.registry();
  const shown = JSON.stringify(id);
  if (!registry.has(id)) registry.preview(id, {});
  const [file] = registry.filesOf(id).toReversed();
  const place = file === undefined ? "it is built in" : `it stands in "${file}"`;
  const edit = file === undefined ? "" : `edit that file, or `;
  return new UsageError(`Cannot remove ${shown}: it is not in "${registryFile}"; ${place}`, {
    code: "not_added",
    hint: `${edit}hide it: write ${shown}: null into the user registry (keyfob providers path)`,
  });
}
