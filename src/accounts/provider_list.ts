/**
 * Every provider with what it still needs before one can log in.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { ProviderSummary, Registry } from "../registry/registry.ts";
import { storedSecret } from "./client_secret.ts";
import type { Services } from "./services.ts";

/** The registry's list, where a secret sealed in the vault makes its provider ready. */
export async function listProviders(services: Services): Promise<ProviderSummary[]> {
  const registry = await services.registry();
  const summaries = registry.list();
  if (!summaries.some(({ lacksSecret }) => lacksSecret)) return summaries;
  return Promise.all(summaries.map((summary) => withVault(services, registry, summary)));
}

async function withVault(
  services: Services,
  registry: Registry,
  summary: ProviderSummary,
): Promise<ProviderSummary> {
  if (summary.lacksSecret !== true || !(await hasSecret(services, registry, summary.id))) return summary;
  const { lacksSecret: _lacksSecret, ...rest } = summary;
  return { ...rest, ready: true };
}

/** A vault that cannot be read, or a secret that belongs elsewhere, is none here; logging in says why. */
async function hasSecret(services: Services, registry: Registry, id: string): Promise<boolean> {
  try {
    return (await storedSecret(services, registry.resolve(id, {}))) !== undefined;
  } catch (failure) {
    if (failure instanceof KeyfobError) return false;
    throw failure;
  }
}
