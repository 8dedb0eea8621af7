/**
 * Turns an answer into a stored login: check, redeem, find out who it is, save.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { acceptAnswer, type Answer } from "../oauth/answer.ts";
import type { Attempt, ProviderChoices } from "../oauth/attempt.ts";
import { exchangeFurther } from "../oauth/further_exchange.ts";
import type { Grant } from "../oauth/grant.ts";
import { redeem } from "../oauth/token.ts";
import { type Account, type AccountName, formatAccountName, type Session } from "../vault/account.ts";
import { tokensLost } from "../vault/store_trouble.ts";
import type { Vault } from "../vault/vault.ts";
import type { PreparedProvider } from "./prepared_provider.ts";
import { findPerson, refuseOtherPerson } from "./person.ts";
import type { Services } from "./services.ts";

/** A login that is stored. */
export interface LoggedIn {
  readonly name: AccountName;
  readonly session: Session;
}

/** An answer, and what it answers. */
export interface AnsweredAttempt {
  readonly attempt: Attempt;
  readonly answer: Answer;
  readonly spending?: () => void | Promise<void>;
  /** Told once the provider gave tokens for the code: whatever fails after that, the code is of no use any more. */
  readonly redeemed?: () => void;
}

/**
 * Settles `answer`. The code is spent once the provider is asked, of which `spending` is told just before, and which its
 * failure prevents; until then nothing has happened, and from then on no interruption ends what is under way.
 *
 * @throws {Refused} `other_person` or `unknown_person` where the account belongs to somebody and may not switch
 * @throws what accepting, redeeming and saving throw
 */
export async function settle(
  services: Services,
  prepared: PreparedProvider,
  { attempt, answer, spending, redeemed }: AnsweredAttempt,
): Promise<LoggedIn> {
  const accepted = acceptAnswer(await prepared.answering(), attempt, answer);
  await (await services.vault()).makeReady(); // a store that cannot be written must say so before the code is spent
  const context = await prepared.context();
  const name: AccountName = { provider: attempt.provider, label: attempt.label };
  const maySwitchPerson = attempt.maySwitchPerson === true;
  await spending?.();
  return services.seeThrough(awaitedTokens(name), async () => {
    const given = await redeem(context, attempt, accepted);
    redeemed?.();
    const grant = await exchangeFurther(context, given, accepted.callback);
    return storeGrant(services, prepared, { name, choices: attempt.choices, maySwitchPerson }, grant);
  });
}

/** Codes with which the vault says that it cannot open what is stored. */
const UNREADABLE: ReadonlySet<string> = new Set(["unsealing_failed", "record_unreadable"]);

/** What the login replaces; undefined where that cannot be opened, which a login is there to mend. */
async function readableBefore(vault: Vault, name: AccountName): Promise<Account | undefined> {
  try {
    return await vault.find(name);
  } catch (failure) {
    if (failure instanceof KeyfobError && UNREADABLE.has(failure.code)) return undefined;
    throw failure;
  }
}

/** What is waited for once a code is spent. */
export function awaitedTokens(name: AccountName): string {
  return `the tokens of "${formatAccountName(name)}", as its code is spent already`;
}

/** What is waited for while a device code is asked for. */
export function awaitedApproval(name: AccountName): string {
  return `the answer of "${name.provider}", as it may bring the tokens of "${formatAccountName(name)}"`;
}

/** Whose login it will be. */
export interface Destination {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  readonly maySwitchPerson: boolean;
}

/**
 * Stores `grant` as the login of `destination.name`.
 *
 * @throws what refusing another person and saving throws
 */
export async function storeGrant(
  services: Services,
  prepared: PreparedProvider,
  destination: Destination,
  grant: Grant,
): Promise<LoggedIn> {
  const { name, choices, maySwitchPerson } = destination;
  const person = await findPerson(await prepared.context(), grant);
  const vault = await services.vault();
  const before = await readableBefore(vault, name);
  if (!maySwitchPerson) refuseOtherPerson(name, before?.session, person);
  // The tokens are good even where the provider will not say whose they are.
  if (person.failure !== undefined)
    services.notice(`Logged in, but cannot say as whom: ${person.failure.message}`);
  const session: Session = {
    tokens: grant.tokens,
    subject: person.subject,
    display: person.display,
    client: await prepared.binding(),
    choices,
    kept: grant.kept,
  };
  try {
    await vault.save(name, session);
  } catch (failure) {
    throw tokensLost(failure, formatAccountName(name));
  }
  return { name, session };
}
