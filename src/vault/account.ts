/**
 * A login at rest: what it is called and what it holds.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { ClientBinding, ProviderChoices } from "../oauth/attempt.ts";
import type { Tokens } from "../oauth/tokens.ts";

/** `PROVIDER/LABEL`, as a person writes it. */
export interface AccountName {
  readonly provider: string;
  readonly label: string;
}

/** Everything sealed about one login. */
export interface Session {
  readonly tokens: Tokens;
  /** True where the access token failed a check after a refresh: never hand it out; the refresh token is good. */
  readonly quarantined?: boolean;
  readonly subject: string | null;
  readonly display: string | null;
  readonly client: ClientBinding;
  readonly choices: ProviderChoices;
  /** Values that the entry's steps kept for later steps. */
  readonly kept: Readonly<Record<string, string>>;
  /** Set where it was imported: as what. A login anew ends that. */
  readonly arrival?: Arrival;
}

/** What an account came in as, by which a second import of the same is known. */
export interface Arrival {
  /** The id of the parcel. */
  readonly parcel: string;
  /** What the sender waits for: the same in every text of one export. Empty for a copy. */
  readonly receipt: string;
}

/** One row of the vault, unsealed. */
export interface Account {
  readonly name: AccountName;
  readonly session: Session;
  /** `exported`: moved to another vault; not refreshed here any more. */
  readonly state: "alive" | "dead" | "exported";
  /** Why it is dead: a whole message, fit to show. */
  readonly reason?: string;
  /** What the import of an exported account answers with. */
  readonly receipt?: string;
  /** When the account was first stored. */
  readonly createdAt: Date;
  /** When the tokens it holds now were given: by the login, or by the last refresh. */
  readonly issuedAt: Date;
  readonly lastRefresh?: Date;
  readonly lastError?: string;
}

/** An account whose record cannot be opened. */
export interface UnreadableAccount {
  readonly name: AccountName;
  /** Why: a whole message, fit to show. */
  readonly unreadable: string;
}

/** The label that is left out. */
const DEFAULT_LABEL = "default";

/** The ids that the registry allows; said again here because the registry's own pattern lives beside zod. */
const PROVIDER = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const LABEL = /^[A-Za-z0-9._@+-]{1,64}$/;

/**
 * Reads `PROVIDER` or `PROVIDER/LABEL`.
 *
 * @throws {UsageError} code `bad_account`
 */
export function parseAccountName(text: string): AccountName {
  const { provider, label } = splitAccountName(text);
  if (!PROVIDER.test(provider)) {
    throw badAccount(text, "a provider has lower-case letters, digits, dots, dashes and underscores");
  }
  if (!LABEL.test(label)) {
    throw badAccount(text, "a label has 1 to 64 letters, digits, dots, dashes, underscores, @ and +");
  }
  return { provider, label };
}

/** The parts of `PROVIDER/LABEL`, which may be such that no account is called so. */
export function splitAccountName(text: string): AccountName {
  const slash = text.indexOf("/");
  if (slash === -1) return { provider: text, label: DEFAULT_LABEL };
  return { provider: text.slice(0, slash), label: text.slice(slash + 1) };
}

function badAccount(text: string, rule: string): UsageError {
  const meant = withLowerCase(text);
  return new UsageError(`Cannot read ${JSON.stringify(text)} as an account: ${rule}`, {
    code: "bad_account",
    hint: meant === undefined ? "write PROVIDER or PROVIDER/LABEL" : `did you mean ${meant}?`,
  });
}

/** The account in `text` where the provider's capitals and the space around it are all that is wrong. */
function withLowerCase(text: string): string | undefined {
  const { provider, label } = splitAccountName(text.trim());
  const name = { provider: provider.toLowerCase(), label };
  return PROVIDER.test(name.provider) && LABEL.test(label) ? formatAccountName(name) : undefined;
}

/** The shortest form: the provider alone where the label is the default one. */
export function formatAccountName(name: AccountName): string {
  return name.label === DEFAULT_LABEL ? name.provider : `${name.provider}/${name.label}`;
}
