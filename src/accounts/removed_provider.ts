/**
 * A login whose provider is in the registry no more.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Registry } from "../registry/registry.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/**
 * Refuses to use the login `name` where the registry knows no such provider. The login is there, so its name is not
 * misspelt. Where a file is not used, the provider may stand in it: then resolving says so.
 *
 * @throws {UsageError} code `unknown_provider`
 */
export function refuseRemovedProvider(registry: Registry, name: AccountName): void {
  const { provider: id } = name;
  if (registry.has(id) || registry.unused.length > 0) return;
  throw new UsageError(
    `Cannot use the login of "${formatAccountName(name)}": the registry has no provider "${id}" any more`,
    {
      code: "unknown_provider",
      hint: `keyfob providers add ${id}`,
    },
  );
}
