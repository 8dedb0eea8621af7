/**
 * Client secrets of the guided set-up: sealed in the vault, each for the origins it was given for.
 *
 * @module
 */
import { ConfigurationError, KeyfobError } from "../errors.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { CredentialBinding, Provider } from "../registry/provider.ts";
import { credentialOrigins } from "../registry/registry.ts";
import type { Services } from "./services.ts";

/** What lies sealed. */
interface KeptSecret {
  readonly secret: string;
  readonly binding: CredentialBinding;
}

/**
 * Seals `secret` for the client of `provider`; it will go nowhere but where the entry, as it is now, sends it.
 *
 * @throws {Failed} where it could not be written
 */
export async function keepSecret(services: Services, provider: Provider, secret: string): Promise<void> {
  const kept: KeptSecret = { secret, binding: bindingOf(provider) };
  const vault = await services.vault();
  await vault.keepClientSecret(provider.id, provider.client_id ?? "", JSON.stringify(kept));
}

/**
 * The same around `work`, which writes what the secret is for: where that fails, the secret is taken back, and one that
 * was kept before is kept again.
 *
 * @throws what `work` throws, and {@link keepSecret}; then nothing is changed
 */
export async function keepSecretFor<Result>(
  services: Services,
  { provider, secret }: { readonly provider: Provider; readonly secret: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const before = await sealedBefore(services, provider);
  await keepSecret(services, provider, secret);
  try {
    return await work();
  } catch (failure) {
    await takeBack(services, provider, before);
    throw failure;
  }
}

/** One that cannot be opened is lost anyhow. */
async function sealedBefore(services: Services, { id, client_id }: Provider): Promise<string | undefined> {
  const vault = await services.vault();
  try {
    return await vault.clientSecret(id, client_id ?? "");
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}

/** Never hides why it is taken back. */
async function takeBack(services: Services, provider: Provider, before: string | undefined): Promise<void> {
  const { id, client_id: clientId = "" } = provider;
  const vault = await services.vault();
  try {
    if (before === undefined) await vault.forgetClientSecrets(id, clientId);
    else await vault.keepClientSecret(id, clientId, before);
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    services.notice(`The new client secret of "${id}" stays sealed in the vault: ${failure.message}`);
  }
}

/**
 * The sealed secret of the client of `provider`; undefined where none is kept, or none is used.
 *
 * @throws {ConfigurationError} `secret_elsewhere` where the entry now leads to other origins, naming both
 */
export async function storedSecret(services: Services, provider: Provider): Promise<string | undefined> {
  if (provider.client_id === undefined || provider.client_secret !== undefined) return undefined;
  if (provider.client_secret_use === "none") return undefined;
  const vault = await services.vault();
  const sealed = await vault.clientSecret(provider.id, provider.client_id);
  if (sealed === undefined) return undefined;
  const { secret, binding } = readKept(sealed);
  refuseElsewhere(provider, binding, bindingOf(provider));
  return secret;
}

/**
 * Whether secrets of this machine may go where `choices` lead. Not where another machine chose a variable, which may be
 * a host, or whose certificates are trusted: the owner of the secret agreed to neither.
 */
export function mayUseOwnSecrets({ isSent, set = {}, authorities }: ProviderChoices): boolean {
  return isSent !== true || (authorities === undefined && Object.keys(set).length === 0);
}

/** The bare secret of what {@link keepSecret} sealed. @throws {ConfigurationError} code `store_corrupt` */
export function bareSecret(kept: string): string {
  return readKept(kept).secret;
}

/** Where the entry sends the secret, and the issuer whose metadata may add to that. */
function bindingOf(provider: Provider): CredentialBinding {
  const origins = credentialOrigins(provider);
  const { issuer, discovery } = provider;
  return issuer === undefined || discovery === "off" ? { origins } : { origins, issuer };
}

function refuseElsewhere(provider: Provider, kept: CredentialBinding, now: CredentialBinding): void {
  const strangers = now.origins.filter((origin) => !kept.origins.includes(origin));
  const isOtherIssuer = now.issuer !== undefined && now.issuer !== kept.issuer;
  if (strangers.length === 0 && !isOtherIssuer) return;
  const before = isOtherIssuer ? [kept.issuer ?? kept.origins] : kept.origins;
  const after = isOtherIssuer && strangers.length === 0 ? [now.issuer] : strangers;
  throw new ConfigurationError(
    `Cannot use the client secret of "${provider.id}": it was given for ${before.flat().join(", ")}, and the entry now leads to ${after.join(", ")}`,
    {
      code: "secret_elsewhere",
      hint: `undo the edit (keyfob providers show ${provider.id}), or give that place its own client: keyfob providers add ${provider.id} --client-id ID --client-secret-file FILE`,
    },
  );
}

function readKept(sealed: string): KeptSecret {
  const kept = parsed(sealed);
  if (typeof kept === "object" && kept !== null && "secret" in kept && "binding" in kept) {
    if (typeof kept.secret === "string") return kept as KeptSecret;
  }
  throw new ConfigurationError("Cannot read a client secret of the vault: it has another shape", {
    code: "store_corrupt",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
