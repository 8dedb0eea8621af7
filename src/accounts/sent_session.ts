/**
 * A session that another machine sent, of which values are taken, and never a place of this machine.
 *
 * A parcel is sealed by whoever knows our public key, so its text is a stranger's until it is checked.
 *
 * @module
 */
import { certificatesIn, describeCertificate } from "../certificate_text.ts";
import { harmless } from "../hostile_text.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Session } from "../vault/account.ts";

/** Characters of a person's name, as at a login. */
const LONGEST_DISPLAY = 120;

/** What is handed out could else write to a terminal, or end a header. Providers write odd types, so those have room. */
const TOKEN = /^[\x21-\x7e]+$/;
const TOKEN_TYPE = /^[\x20-\x7e]*$/;

type Unchecked<Value> = { readonly [Key in keyof Value]?: unknown };

/**
 * The session with checked values, and choices that are marked as sent. `clientSecret` is the bare one that came along;
 * a file, a variable or a command would be one of this machine.
 *
 * @throws {UsageError} code `bad_parcel`
 */
export async function readSentSession(session: Session, clientSecret: string | undefined): Promise<Session> {
  const { choices, client, display } = session;
  if (!isSession(session) || !isClient(client) || !areChoices(choices))
    throw (await import("../vault/parcel.ts")).badParcel();
  return {
    ...session,
    display: display === null ? null : harmless(display, LONGEST_DISPLAY),
    choices: {
      ...pick(choices, ["set", "scopes", "redirectUri", "authorities"]),
      ...(client.clientId === undefined ? {} : { clientId: client.clientId }),
      ...(clientSecret === undefined ? {} : { clientSecret }),
      isSent: true,
    },
  };
}

function isSession({ tokens, subject, display, kept, quarantined }: Unchecked<Session>): boolean {
  const { accessToken, tokenType, refreshToken, idToken, scope } = tokens as Unchecked<Session["tokens"]>;
  // A token in quarantine is handed to nobody.
  const isUsable = quarantined === true ? isText(accessToken) : isLike(accessToken, TOKEN);
  const areTokens = isUsable && isLike(tokenType, TOKEN_TYPE) && isOptional(refreshToken, isText);
  const areTexts = isOptional(idToken, isText) && isList(scope) && isRecord(kept);
  return areTokens && areTexts && [subject, display].every((value) => value === null || isText(value));
}

function isClient({ clientId, authMethod, origins }: Unchecked<Session["client"]>): boolean {
  return isOptional(clientId, isText) && isText(authMethod) && isList(origins);
}

function areChoices({ set, scopes, redirectUri, authorities }: Unchecked<ProviderChoices>): boolean {
  const areTexts = isOptional(set, isRecord) && isOptional(scopes, isList) && isOptional(redirectUri, isText);
  return areTexts && isOptional(authorities, isCertificates);
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isLike(value: unknown, pattern: RegExp): boolean {
  return isText(value) && pattern.test(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isRecord(value: unknown): boolean {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && Object.values(value).every(isText);
}

/** Certificates and nothing else. */
function isCertificates(value: unknown): boolean {
  if (!isText(value)) return false;
  const certificates = certificatesIn(value);
  const isAll = withoutSpace(value) === withoutSpace(certificates.join(""));
  return (
    certificates.length > 0 && isAll && certificates.every((pem) => describeCertificate(pem) !== undefined)
  );
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, "");
}

function pick<Key extends keyof ProviderChoices>(
  choices: ProviderChoices,
  keys: readonly Key[],
): Pick<ProviderChoices, Key> {
  const kept = keys.flatMap((key) => (choices[key] === undefined ? [] : [[key, choices[key]] as const]));
  return Object.fromEntries(kept) as Pick<ProviderChoices, Key>;
}
