/**
 * A login whose provider has moved since: the registry leads elsewhere, or names another client.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import type { ClientBinding } from "../oauth/attempt.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/**
 * Refuses to use a login whose client or origins are no longer those it was made with.
 *
 * @throws {ConfigurationError} `provider_changed`, naming both
 */
export function refuseMovedProvider(name: AccountName, sealed: ClientBinding, now: ClientBinding): void {
  const account = formatAccountName(name);
  const strangers = now.origins.filter((origin) => !sealed.origins.includes(origin));
  if (strangers.length > 0) {
    throw new ConfigurationError(
      `Cannot use the login of "${account}": it was made for ${sealed.origins.join(", ")}, and the registry now also says ${strangers.join(", ")}`,
      {
        code: "provider_changed",
        hint: `undo the edit (keyfob providers show ${name.provider}), or log in again: keyfob login ${account}`,
      },
    );
  }
  if (sealed.clientId !== now.clientId) {
    throw new ConfigurationError(
      `Cannot use the login of "${account}": it was made with client "${sealed.clientId}", and the registry now says "${now.clientId}"`,
      {
        code: "provider_changed",
        hint: `undo the edit (keyfob providers show ${name.provider}), or log in again: keyfob login ${account}`,
      },
    );
  }
}
