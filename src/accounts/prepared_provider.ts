/**
 * A provider made ready for a login or a refresh: resolved, discovered, with a client whose credentials may go there.
 *
 * @module
 */
import type { ClientBinding, ProviderChoices } from "../oauth/attempt.ts";
import { chooseAuthMethod, createClient } from "../oauth/client.ts";
import { discover, fetchKeys } from "../oauth/discovery.ts";
import type { Exchange } from "../oauth/server.ts";
import type { TokenContext } from "../oauth/token_request.ts";
import { ConfigurationError, Interrupted, KeyfobError, Unavailable } from "../errors.ts";
import { readPem } from "../certificate_authorities.ts";
import { createGuardedFetch, type GuardedFetch } from "../guarded_fetch.ts";
import { fillFrom } from "../registry/discovery.ts";
import type { Provider } from "../registry/provider.ts";
import { credentialOrigins, type Registry } from "../registry/registry.ts";
import { resolveSecret } from "../registry/secret.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { mayUseOwnSecrets, storedSecret } from "./client_secret.ts";
import { lacksId, needsSecret, setupHint } from "./client_setup.ts";
import { refuseMovedProvider } from "./moved_provider.ts";
import { refuseRemovedProvider } from "./removed_provider.ts";
import type { Services } from "./services.ts";

/** A provider that can be spoken to. */
export interface PreparedProvider {
  /** Complete enough for the authorization address; {@link exchange} completes the rest. */
  readonly provider: Provider;
  /** Client and origins as the registry alone says: what an attempt seals. */
  readonly declaredBinding: ClientBinding;
  /** Client and origins after discovery: what an account seals, to notice later that the registry moved. */
  readonly binding: () => Promise<ClientBinding>;
  /** Metadata and keys. Fetched while the person signs in; awaited before the code is spent. */
  readonly exchange: () => Promise<Exchange>;
  /** The same, for judging an answer: metadata that could not be had is asked for once more (STANDARDS 31). */
  readonly answering: () => Promise<Exchange>;
  /** Everything for token requests. Resolves the client secret, so only call it for a request. */
  readonly context: () => Promise<TokenContext>;
}

/** What preparing may be told. */
export interface PreparingOptions {
  readonly signal?: AbortSignal | undefined;
  /** The client and origins of an existing login: where they moved, nothing at all is sent. */
  readonly sealed?: ClientBinding;
  /** Set for device codes, for which some providers want no secret. */
  readonly byDevice?: boolean;
  /** Set for a refresh, which no endpoint but the token endpoint is asked for. */
  readonly refreshes?: boolean;
}

/**
 * Resolves and checks the provider of the login `name`. Fetches metadata now where the endpoints depend on it, else in the background.
 *
 * @throws {ConfigurationError} `no_client`, `no_secret`, `credentials_withheld`, `provider_changed`, or a broken entry
 * @throws {UsageError} for an unknown provider or variable
 * @throws {Unavailable} when metadata is needed and the network failed
 */
export async function prepareProvider(
  services: Services,
  name: AccountName,
  choices: ProviderChoices,
  options: PreparingOptions = {},
): Promise<PreparedProvider> {
  const { signal, sealed } = options;
  const resolved = await declaredProvider(services, name, choices, sealed);
  if (sealed !== undefined) refuseMovedProvider(name, sealed, bindingOf(resolved, false));
  const fetch = await trustedFetch(services, choices);
  const stored = mayUseOwnSecrets(choices) ? await storedSecret(services, resolved) : undefined;
  const hasSecret = stored !== undefined || doesWithoutSecret(resolved, options);
  requireClient(resolved, hasSecret);
  const complete = async (): Promise<Exchange> => {
    const found = await completeExchange(fetch, resolved, signal);
    const whole = options.refreshes === true ? withoutStrangers(found, resolved, sealed) : found;
    requireClient(whole.provider, hasSecret);
    return { ...whole, account: formatAccountName(name) };
  };
  const exchange = once(complete);
  const pending = exchange();
  pending.catch(() => {});
  const needsMetadata =
    resolved.authorization_endpoint === undefined || resolved.token_endpoint === undefined;
  const provider = needsMetadata ? (await pending).provider : resolved;
  return {
    provider,
    declaredBinding: bindingOf(resolved, stored !== undefined),
    exchange,
    answering: async () => {
      const found = await exchange();
      return found.metadataFailure === undefined ? found : complete();
    },
    binding: async () => bindingOf((await exchange()).provider, stored !== undefined),
    context: once(async () => {
      const whole = await exchange();
      const secret =
        whole.provider.client_secret === undefined
          ? stored
          : await resolveSecret(whole.provider.client_secret, services.environment, {
              notice: services.notice,
              clientId: whole.provider.client_id,
            });
      return {
        exchange: whole,
        client: createClient(whole.provider, secret),
        fetch,
        now: services.now,
      };
    }),
  };
}

/**
 * The entry as `choices` make it, without what only discovery knows, and without a secret that may not go there.
 *
 * @throws {UsageError} and {ConfigurationError} as resolving does
 */
export async function declaredProvider(
  services: Services,
  name: AccountName,
  choices: ProviderChoices,
  sealed: ClientBinding | undefined,
): Promise<Provider> {
  const resolved = resolveFor(await services.registry(), name, choices, sealed);
  refuseWithheldRequests(resolved, name, choices);
  if (choices.clientSecret !== undefined || mayUseOwnSecrets(choices)) return resolved;
  const { client_secret: _own, ...rest } = resolved;
  return rest;
}

/** Without a secret that its requests carry, a provider's answer would say something wrong. */
function refuseWithheldRequests(
  { id, withheld_requests }: Provider,
  name: AccountName,
  { isSent }: ProviderChoices,
): void {
  const [first] = withheld_requests ?? [];
  if (first === undefined) return;
  const bound = first.bound.join(", ") || "no place that this machine chose";
  const mover = isSent === true ? "another machine" : "an edit";
  throw new ConfigurationError(
    `Cannot use "${id}": the secret at "${first.at}" of its entry belongs to ${bound}, and ${mover} moves it to ${first.foreign.join(", ")}`,
    {
      code: "credentials_withheld",
      hint:
        isSent === true
          ? `log in on this machine instead: keyfob login ${formatAccountName(name)}`
          : ownValueHint(first.at),
    },
  );
}

/** `at`: a place of the entry, or with `?` a parameter in the address there. */
function ownValueHint(at: string): string {
  const [place = at, parameter] = at.split("?");
  return parameter === undefined
    ? `give that place a value of its own at "${at}" of the registry, or null to send none`
    : `give "${place}" of the registry an address of its own, with or without "${parameter}"`;
}

/** The entry. Where it names no client, as on a machine that a login was moved to, the login's own is used. */
function resolveFor(
  registry: Registry,
  name: AccountName,
  choices: ProviderChoices,
  sealed: ClientBinding | undefined,
): Provider {
  if (sealed !== undefined) refuseRemovedProvider(registry, name);
  const resolved = registry.resolve(name.provider, choices);
  const clientId = sealed?.clientId;
  const isMissing = clientId !== undefined && lacksId(resolved) && resolved.withheld === undefined;
  return isMissing ? registry.resolve(name.provider, { ...choices, clientId }) : resolved;
}

/** The guarded fetch, trusting the certificate authority that the login was made with (`--ca`), or came with. */
async function trustedFetch(services: Services, choices: ProviderChoices): Promise<GuardedFetch> {
  if (choices.authorities !== undefined) return createGuardedFetch([choices.authorities]);
  if (choices.caFile === undefined) return services.fetch;
  const text = readPem(choices.caFile);
  if (text !== undefined) return createGuardedFetch([text]);
  throw new ConfigurationError(
    `Cannot use the certificate authority "${choices.caFile}": it cannot be read, or holds no certificate`,
    { code: "ca_unreadable", hint: "give a PEM file with --ca FILE" },
  );
}

/** The client of `provider`, and where its credentials may go. */
export function bindingOf(provider: Provider, hasStoredSecret: boolean): ClientBinding {
  return {
    ...(provider.client_id === undefined ? {} : { clientId: provider.client_id }),
    authMethod: chooseAuthMethod(provider, hasStoredSecret || provider.client_secret !== undefined),
    origins: credentialOrigins(provider),
  };
}

/** A device code may be had without the secret that other logins need; the login that it brought stays so. */
function doesWithoutSecret({ device }: Provider, { sealed, byDevice }: PreparingOptions): boolean {
  return device?.client_secret_use === "none" && (byDevice === true || sealed?.authMethod === "none");
}

function requireClient(provider: Provider, hasStoredSecret: boolean): void {
  if (lacksId(provider)) throw noClient(provider);
  if (!needsSecret(provider) || provider.client_secret !== undefined || hasStoredSecret) return;
  throw new ConfigurationError(
    `Cannot log in to "${provider.id}": ${provider.name} gives its clients a secret, and none is set`,
    {
      code: "no_secret",
      hint: setupHint(provider),
    },
  );
}

function noClient(provider: Provider): ConfigurationError {
  if (provider.withheld !== undefined) {
    const { bound, foreign } = provider.withheld;
    return new ConfigurationError(
      `Cannot log in to "${provider.id}": its client belongs to ${bound.join(", ")}, and an edit moves it to ${foreign.join(", ")}`,
      {
        code: "credentials_withheld",
        hint: `give that place its own client_id in the registry, or with --client-id`,
      },
    );
  }
  return new ConfigurationError(
    `Cannot log in to "${provider.id}": no client is configured for ${provider.name}`,
    {
      code: "no_client",
      hint: setupHint(provider),
    },
  );
}

async function completeExchange(
  fetch: GuardedFetch,
  provider: Provider,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  const { issuer } = provider;
  if (provider.discovery === "off" || issuer === undefined) return withKeys(fetch, { provider }, signal);
  const template = provider.id_token?.issuer;
  try {
    const metadata = await discover(issuer, fetch, { issuerTemplate: template, signal });
    return await withKeys(fetch, { provider: fillFrom(provider, metadata), metadata }, signal);
  } catch (failure) {
    const isOver = !(failure instanceof KeyfobError) || failure instanceof Interrupted;
    if (isOver || !canDoWithout(provider)) throw failure;
    return failure instanceof Unavailable ? { provider, metadataFailure: failure } : { provider };
  }
}

/**
 * A login that was made while metadata could not be had knows fewer origins than metadata names later. It was made
 * without, so it is refreshed without.
 */
function withoutStrangers(found: Exchange, declared: Provider, sealed: ClientBinding | undefined): Exchange {
  const reached = credentialOrigins(found.provider);
  const isKnown = sealed === undefined || reached.every((origin) => sealed.origins.includes(origin));
  return isKnown || !canDoWithout(declared) ? found : { provider: declared };
}

/** Without metadata a login still works where the entry names the endpoints and no id_token needs keys. */
function canDoWithout(provider: Provider): boolean {
  const hasEndpoints = provider.authorization_endpoint !== undefined && provider.token_endpoint !== undefined;
  return hasEndpoints && (!provider.scopes.includes("openid") || provider.id_token?.validation === "tls");
}

async function withKeys(
  fetch: GuardedFetch,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  const { provider } = exchange;
  const wants = provider.scopes.includes("openid") && provider.id_token?.validation !== "tls";
  if (!wants || provider.jwks_uri === undefined) return exchange;
  return { ...exchange, keys: await fetchKeys(provider.jwks_uri, fetch, signal) };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
