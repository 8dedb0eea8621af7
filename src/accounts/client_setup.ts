/**
 * The client that a provider wants to know before anybody can log in: what is missing, how to get it, where it is kept.
 *
 * @module
 */
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Paths } from "../paths.ts";
import type { Provider } from "../registry/provider.ts";
import { saveFields } from "../registry/user_file.ts";
import { keepSecretFor, storedSecret } from "./client_secret.ts";
import { FIXED_PORT } from "./redirect_choice.ts";
import type { Services } from "./services.ts";

/** What a login still needs of its client. */
export interface MissingClient {
  readonly provider: Provider;
  readonly needsId: boolean;
  readonly secret: "required" | "optional" | "none";
}

/** A client as the person gives it. */
export interface GivenClient {
  /** Absent where the entry or a flag has it. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
}

/**
 * What is missing before `id` can be logged in to; undefined where nothing is, or where more than a client is wrong.
 *
 * @throws what resolving throws
 */
export async function missingClient(
  services: Services,
  id: string,
  choices: ProviderChoices,
): Promise<MissingClient | undefined> {
  const registry = await services.registry();
  const provider = registry.resolve(id, choices);
  const needsId = lacksId(provider);
  if (needsId) return provider.withheld === undefined ? missing(provider, true) : undefined;
  const hasSecret = provider.client_secret !== undefined || !needsSecret(provider);
  if (hasSecret || (await storedSecret(services, provider)) !== undefined) return undefined;
  return missing(provider, false);
}

/** Whether the provider wants to know a client and none is configured. A few identify it by its callback alone. */
export function lacksId(provider: Provider): boolean {
  return provider.client_id === undefined && provider.authorize?.omit?.includes("client_id") !== true;
}

/** Whether clients of the provider cannot do without a secret. */
export function needsSecret({ client_secret_use: use }: Provider): boolean {
  return use === "required" || use === "not_confidential";
}

function missing(provider: Provider, needsId: boolean): MissingClient {
  const wants = provider.client_secret_use === "none" ? "none" : "optional";
  return { provider, needsId, secret: needsSecret(provider) ? "required" : wants };
}

/** How to create a client, in two lines; a third says what to do with it. */
export function creationSteps(provider: Provider): string[] {
  const what = provider.register_hint ?? "a client (OAuth app) for a native or command-line program";
  return [`${creationPlace(provider)} create ${what}.`, redirectStep(provider)];
}

function creationPlace({ register_url: page, docs }: Provider): string {
  if (page !== undefined) return `At ${page}`;
  const [described] = [docs].flat();
  return `In the provider's developer settings${described === undefined ? "" : ` (see ${described})`}`;
}

/** The same for somebody who cannot be asked, in three lines. */
export function setupHint(provider: Provider): string {
  const secret = provider.client_secret_use === "none" ? "" : " --client-secret-file FILE";
  const command = `keyfob providers add ${provider.id} --client-id ID${secret}`;
  return [...creationSteps(provider), `Then tell keyfob once: ${command}`].join("\n");
}

function redirectStep({ redirect }: Provider): string {
  const { host, port, path, uri } = redirect;
  if (uri === "omit") return "It needs no redirect address.";
  if (uri !== undefined) return `Register exactly this redirect address: ${uri}`;
  if (port === "any")
    return `If it asks for a redirect address, give http://${host}${path}; any port must do.`;
  const ports = port === "registered" ? [FIXED_PORT] : port;
  return `Register exactly this redirect address: ${ports.map((one) => `http://${host}:${one}${path}`).join(" and ")}`;
}

/**
 * Keeps what the person gave: the secret sealed, then the id in the user's registry.
 * Answers the registry file where it was written to. The registry must be read anew afterwards.
 *
 * @throws {ConfigurationError} where the registry file cannot be changed; nothing is stored then
 * @throws {Failed} where the file or the secret could not be written; then nothing is changed
 */
export async function keepClient(
  services: Services,
  paths: Paths,
  provider: Provider,
  { clientId, clientSecret }: GivenClient,
): Promise<string | undefined> {
  const known = clientId === undefined ? provider : { ...provider, client_id: clientId };
  const write = async (): Promise<string | undefined> =>
    clientId === undefined ? undefined : await writeClientId(services, paths, provider.id, clientId);
  if (clientSecret === undefined) return await write();
  return await keepSecretFor(services, { provider: known, secret: clientSecret }, write);
}

async function writeClientId(
  services: Services,
  paths: Paths,
  id: string,
  clientId: string,
): Promise<string> {
  const written = await saveFields(paths, id, { client_id: clientId });
  if (written.narrowed) services.notice(`"${paths.configFolder}" could be read by others; it no longer can`);
  return written.file;
}
