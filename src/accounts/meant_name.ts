/**
 * What somebody meant who asked for an account of a provider that does not exist.
 *
 * @module
 */
import { KeyfobError, LoginRequired } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Services } from "./services.ts";

/** `failure` with the nearest account or provider in its hint; `failure` itself where the provider is known, or none is near. */
export async function withMeantName(
  services: Services,
  name: AccountName,
  failure: LoginRequired,
): Promise<LoginRequired> {
  const meant = await nearestName(services, name);
  if (meant === undefined) return failure;
  const { message, code, cause } = failure;
  return new LoginRequired(message, { code, cause, hint: `did you mean ${meant}?` });
}

/** The command that was meant. Where the registry cannot be read, nothing is known that could be near. */
async function nearestName(services: Services, name: AccountName): Promise<string | undefined> {
  try {
    const registry = await services.registry();
    if (registry.has(name.provider)) return undefined;
    const accounts = (await (await services.vault()).survey()).map((entry) => formatAccountName(entry.name));
    const account = nearest(formatAccountName(name), accounts);
    if (account !== undefined) return `keyfob token ${account}`;
    const provider = nearest(
      name.provider,
      registry.list().map(({ id }) => id),
    );
    return provider === undefined ? undefined : `keyfob login ${provider}`;
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}
