/**
 * What an account needs on another machine besides its tokens.
 *
 * @module
 */
import { readNamedAuthorities, readPem } from "../certificate_authorities.ts";
import { certificatesIn, describeCertificate, type DescribedCertificate } from "../certificate_text.ts";
import { ConfigurationError, KeyfobError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Provider } from "../registry/provider.ts";
import { credentialOrigins, type OwnWords } from "../registry/registry.ts";
import { resolveSecret } from "../registry/secret.ts";
import { type Account, formatAccountName } from "../vault/account.ts";
import { mayUseOwnSecrets, storedSecret } from "./client_secret.ts";
import { refuseMovedProvider } from "./moved_provider.ts";
import { bindingOf, declaredProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";

/** What goes along. */
export interface Belongings {
  /** Without paths: what stood in the files instead. */
  readonly choices: ProviderChoices;
  /** What the registry files here say of the provider. */
  readonly words: OwnWords;
  /** Certificates that are trusted for this account. */
  readonly certificates: readonly DescribedCertificate[];
}

/** Characters of certificates that a parcel has room for; a whole system's list has 250,000. */
const MOST_CERTIFICATES = 524_288;

/**
 * Gathers it. What the registry names and cannot be had here is told to `services.notice`: the other machine may have
 * it. What the login itself was made with must be there.
 *
 * @throws {ConfigurationError} `no_secret`, `ca_unreadable` or `ca_too_large` where a file of the login is gone or wrong,
 * and what a refresh would throw before it asks anybody
 */
export async function gatherBelongings(services: Services, account: Account): Promise<Belongings> {
  const { name, session } = account;
  const { caFile: _file, clientSecret: _source, ...rest } = session.choices;
  const registry = await services.registry();
  const provider = registry.has(name.provider) ? await providerOf(services, account) : undefined;
  if (provider === undefined) tellUnknown(services, account);
  const certificates = certificatesOf(account);
  if (certificates.length === 0) tellUntaken(services, provider);
  const secret = await secretOf(services, account, provider);
  const choices = {
    ...rest,
    ...(secret === undefined ? {} : { clientSecret: secret }),
    ...(certificates.length === 0 ? {} : { authorities: `${certificates.join("\n")}\n` }),
  };
  return { choices, words: registry.wordsOf(name.provider), certificates: describe(account, certificates) };
}

/** The entry, where it still is what the login was made with: then its client and its secret are the login's. */
async function providerOf(services: Services, { name, session }: Account): Promise<Provider> {
  const provider = await declaredProvider(services, name, session.choices, session.client);
  refuseMovedProvider(name, session.client, bindingOf(provider, false));
  return provider;
}

function certificatesOf(account: Account): string[] {
  const { caFile, authorities } = account.session.choices;
  if (caFile === undefined && authorities === undefined) return [];
  const certificates = certificatesIn(authorities ?? readPem(caFile ?? "") ?? "");
  const shown = `the certificate authority "${harmless(caFile ?? "of its import")}"`;
  if (certificates.length === 0)
    throw lacking(account, `${shown} cannot be read, or holds no certificate`, "ca_unreadable");
  if (certificates.join("").length > MOST_CERTIFICATES)
    throw lacking(account, `${shown} has more than 512 KiB of certificates`, "ca_too_large");
  return certificates;
}

function describe(account: Account, certificates: readonly string[]): DescribedCertificate[] {
  return certificates.map((pem) => {
    const described = describeCertificate(pem);
    if (described !== undefined) return described;
    throw lacking(account, "a certificate that it trusts is damaged", "ca_unreadable");
  });
}

/** The secret that a refresh here would send. */
async function secretOf(
  services: Services,
  account: Account,
  provider: Provider | undefined,
): Promise<string | undefined> {
  const { clientSecret } = account.session.choices;
  const { clientId } = account.session.client;
  const { environment, notice } = services;
  if (clientSecret !== undefined) {
    return await resolveSecret(clientSecret, environment, { notice, clientId }).catch((failure: unknown) => {
      throw failure instanceof KeyfobError
        ? lacking(account, reasonOf(failure), "no_secret", failure)
        : failure;
    });
  }
  if (provider === undefined) return undefined;
  const source = provider.client_secret;
  if (source === undefined)
    return mayUseOwnSecrets(account.session.choices) ? await storedSecret(services, provider) : undefined;
  if (typeof source === "object" && "command" in source) {
    const program = harmless(source.command[0] ?? "");
    notice(staysBehind(account, `it comes from the command "${program}", which an export does not run`));
    return undefined;
  }
  return await resolveSecret(source, environment, { notice, clientId }).catch((failure: unknown) => {
    if (!(failure instanceof KeyfobError)) throw failure;
    notice(staysBehind(account, reasonOf(failure)));
    return undefined;
  });
}

function reasonOf({ message }: KeyfobError): string {
  return message.replace(/^Cannot get the client secret: /, "");
}

function staysBehind({ name, session }: Account, reason: string): string {
  const { provider } = name;
  const client = session.client.clientId ?? "ID";
  return `The client secret of "${provider}" does not go along: ${reason}. Where the other machine has none, say there before the import: keyfob providers add ${provider} --client-id ${client} --client-secret-file FILE`;
}

function tellUnknown({ notice }: Services, { name }: Account): void {
  notice(
    `The registry here has no provider "${name.provider}" any more, so its entry does not go along: the other machine needs one`,
  );
}

/** Nobody can tell whether the provider needs them. */
function tellUntaken({ environment, notice }: Services, provider: Provider | undefined): void {
  const isLocal =
    provider !== undefined && credentialOrigins(provider).every((origin) => origin.startsWith("http:"));
  if (isLocal || readNamedAuthorities(environment).authorities.length === 0) return;
  notice(
    "The certificates that NODE_EXTRA_CA_CERTS or SSL_CERT_FILE names here do not go along: where the provider needs them, name them on the other machine too",
  );
}

function lacking(
  { name }: Account,
  reason: string,
  code: "no_secret" | "ca_unreadable" | "ca_too_large",
  cause?: unknown,
): ConfigurationError {
  const account = formatAccountName(name);
  return new ConfigurationError(`Cannot export "${account}" whole: ${reason}`, {
    code,
    hint: `its refreshes need that there as here. Mend it, or log in again with what is right: keyfob login ${account}`,
    cause,
  });
}
