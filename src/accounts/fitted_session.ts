/**
 * A session that came from another machine, made fit for this one, or refused while nothing is lost.
 *
 * A parcel is sealed by whoever knows our public key. So nothing in it may name a file or a command of this machine, or
 * lead a secret of this machine anywhere.
 *
 * @module
 */
import { certificatesIn, describeCertificate, type DescribedCertificate } from "../certificate_text.ts";
import { ConfigurationError, KeyfobError } from "../errors.ts";
import { isSameSecret } from "../login/same_secret.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Provider } from "../registry/provider.ts";
import { credentialOrigins, type OwnWords, type Registry } from "../registry/registry.ts";
import { resolveSecret } from "../registry/secret.ts";
import { type AccountName, formatAccountName, type Session } from "../vault/account.ts";
import type { Parcel } from "../vault/parcel.ts";
import { bareSecret, mayUseOwnSecrets, storedSecret } from "./client_secret.ts";
import { declaredProvider } from "./prepared_provider.ts";
import { readSentSession } from "./sent_session.ts";
import type { Services } from "./services.ts";

/** The session, and what a person should know of it. */
export interface FittedSession {
  readonly session: Session;
  /** `sent`: it came along; `here`: this machine has it; null where the client has none. */
  readonly clientSecret: "sent" | "here" | null;
  /** Certificates that came along, trusted for this account alone. */
  readonly certificates: readonly DescribedCertificate[];
}

/** What `fit` is told of this machine. */
export interface FittingPlace {
  /** What the account will be called here. */
  readonly name: AccountName;
  /** What a person does with the sender's entry of `provider`: the begin of a sentence. */
  readonly howToAdd: (provider: string) => string;
}

/** Fields that make no request go wrong. */
const IDLE_FIELDS: ReadonlySet<string> = new Set(
  "name docs register_url register_hint notice tier unverified_endpoints client_id scopes redirect resources".split(
    " ",
  ),
);

/**
 * @throws {ConfigurationError} `provider_missing` or `provider_differs`, whose details hold the sender's entry;
 * `no_secret`; or a broken entry of this registry
 * @throws {UsageError} code `bad_parcel`
 */
export async function fit(services: Services, parcel: Parcel, place: FittingPlace): Promise<FittedSession> {
  const { words } = parcel;
  const { provider: id } = place.name;
  const registry = await services.registry();
  if (!registry.has(id)) throw missingProvider(place, words);
  const sent = sentSecret(parcel);
  const session = await readSentSession(parcel.session, sent);
  const { choices } = session;
  const provider = await declaredHere(services, { place, words, session }, choices);
  tellOtherWords(services, registry, { place, words });
  const certificates = describedCertificates(choices);
  const { clientSecret: _sent, ...own } = choices;
  const withOwn = { ...session, choices: own };
  if (sent !== undefined && !(await isSecretHere(services, place.name, withOwn, sent)))
    return { session, clientSecret: "sent", certificates };
  const clientSecret = await secretHere(services, provider, own);
  const needsOne = session.client.authMethod !== "none" && provider.empty_secret !== true;
  if (clientSecret === null && needsOne && session.tokens.refreshToken !== undefined)
    throw missingSecret(place, session, choices);
  return { session: withOwn, clientSecret, certificates };
}

/** Certificates that `choices` trust for one account alone. */
export function describedCertificates({ authorities = "" }: ProviderChoices): DescribedCertificate[] {
  return certificatesIn(authorities).flatMap((pem) => describeCertificate(pem) ?? []);
}

function sentSecret({ session, clientSecret }: Parcel): string | undefined {
  const { clientSecret: chosen } = session.choices;
  // A path, a variable or a command would be one of this machine.
  if (typeof chosen === "string") return chosen;
  return clientSecret === undefined ? undefined : bareSecret(clientSecret);
}

interface Arriving {
  readonly place: FittingPlace;
  readonly words: OwnWords;
  readonly session: Session;
}

/** Codes of what only the sender's choices can have brought about: the entry here asks for other variables. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  "unknown_variable",
  "missing_variable",
  "bad_variable",
]);

/** The entry here, which must lead nowhere but where the login was made for. */
async function declaredHere(
  services: Services,
  arriving: Arriving,
  choices: ProviderChoices,
): Promise<Provider> {
  const { place, session } = arriving;
  const { client } = session;
  const provider = await declaredProvider(services, place.name, choices, client).catch((failure: unknown) => {
    const isOther = failure instanceof KeyfobError && OTHER_VARIABLES.has(failure.code);
    throw isOther ? differs(arriving, failure.message, failure) : failure;
  });
  const strangers = credentialOrigins(provider).filter((origin) => !client.origins.includes(origin));
  if (strangers.length > 0) {
    throw differs(
      arriving,
      `it was made for ${client.origins.join(", ")}, and the registry here leads to ${strangers.join(", ")}`,
    );
  }
  if (provider.client_id === client.clientId) return provider;
  throw differs(
    arriving,
    `it was made with client "${client.clientId}", and the registry here has "${provider.client_id}"`,
  );
}

/** Whether this machine has the same secret for the client: then it is used, so that a later change of it holds here. */
async function isSecretHere(
  services: Services,
  name: AccountName,
  session: Session,
  sent: string,
): Promise<boolean> {
  if (!mayUseOwnSecrets(session.choices)) return false;
  try {
    const provider = await declaredProvider(services, name, session.choices, session.client);
    const source = provider.client_secret;
    if (source === undefined) return isSame(await storedSecret(services, provider), sent);
    const isCommand = typeof source === "object" && "command" in source;
    return (
      !isCommand &&
      isSame(await resolveSecret(source, services.environment, { clientId: provider.client_id }), sent)
    );
  } catch (failure) {
    if (failure instanceof KeyfobError) return false;
    throw failure;
  }
}

function isSame(own: string | undefined, sent: string): boolean {
  return own !== undefined && isSameSecret(own, sent);
}

/** Whether this machine says where a secret of its own is; fetched only for a request. */
async function secretHere(
  services: Services,
  provider: Provider,
  choices: ProviderChoices,
): Promise<"here" | null> {
  if (provider.client_secret !== undefined) return "here";
  if (!mayUseOwnSecrets(choices)) return null;
  return (await storedSecret(services, provider)) === undefined ? null : "here";
}

/** What the sender's files say and those here do not may be what makes its requests go right. */
function tellOtherWords(
  services: Services,
  registry: Registry,
  { place, words }: Pick<Arriving, "place" | "words">,
): void {
  const { provider } = place.name;
  const here = entryOf(registry.wordsOf(provider), provider) ?? {};
  const others = Object.entries(entryOf(words, provider) ?? {}).filter(
    ([field, value]) => !IDLE_FIELDS.has(field) && !Bun.deepEquals(value, here[field]),
  );
  if (others.length === 0) return;
  services.notice(
    `The registry of the other machine says something else of "${provider}" than the one here: ${others.map(([field]) => field).join(", ")}. Where a refresh fails, compare them: keyfob providers show ${provider}`,
  );
}

/** A provider may be called as something that every object has. */
function entryOf(words: OwnWords, provider: string): OwnWords[string] | undefined {
  return Object.hasOwn(words, provider) ? words[provider] : undefined;
}

function missingProvider({ name, howToAdd }: FittingPlace, words: OwnWords): ConfigurationError {
  const { provider } = name;
  const isKnownThere = entryOf(words, provider) !== undefined;
  const hint = isKnownThere
    ? howToAdd(provider)
    : `keyfob upgrade where it is built in there, else keyfob providers add ${provider}`;
  return new ConfigurationError(
    `Cannot import "${formatAccountName(name)}": the registry here has no provider "${provider}"`,
    { code: "provider_missing", hint: `${hint}, ${AGAIN}`, details: { providers: words } },
  );
}

function differs({ place, words }: Arriving, reason: string, cause?: unknown): ConfigurationError {
  const { name, howToAdd } = place;
  const account = formatAccountName(name);
  const isKnownThere = entryOf(words, name.provider) !== undefined;
  const hint = isKnownThere
    ? `where the other machine is right, ${howToAdd(name.provider)}`
    : `keyfob providers show ${name.provider} says what the entry here is`;
  return new ConfigurationError(`Cannot import "${account}": ${reason}`, {
    code: "provider_differs",
    hint: `${hint}, ${AGAIN}`,
    details: { providers: words },
    cause,
  });
}

function missingSecret(
  { name }: FittingPlace,
  { client }: Session,
  choices: ProviderChoices,
): ConfigurationError {
  const account = formatAccountName(name);
  const given = `keyfob providers add ${name.provider} --client-id ${client.clientId ?? "ID"} --client-secret-file FILE`;
  const isWithheld = !mayUseOwnSecrets(choices);
  const hint = isWithheld
    ? "one of this machine may not go where another one says: have it there, and export the account again"
    : `${given}, ${AGAIN}`;
  return new ConfigurationError(
    `Cannot import "${account}": its client has a secret, which did not come along`,
    {
      code: "no_secret",
      hint,
    },
  );
}

/** Of every refusal here. */
const AGAIN = "then import it again: nothing of it is used up, and keyfob export gives it again";
