/**
 * Turns an answer into a stored login: check, redeem, find out who it is, save.
 *
 * @module
 */
import { KeyfobError, Refused } from "../errors.ts";
import { acceptAnswer, type Answer } from "../oauth/answer.ts";
import type { Attempt, ProviderChoices } from "../oauth/attempt.ts";
import { exchangeFurther } from "../oauth/further_exchange.ts";
import { identify, type Identity } from "../oauth/identity.ts";
import type { Grant } from "../oauth/grant.ts";
import { redeem } from "../oauth/token.ts";
import type { TokenContext } from "../oauth/token_request.ts";
import { type AccountName, formatAccountName, type Session } from "../vault/account.ts";
import type { PreparedProvider } from "./prepared_provider.ts";
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
  readonly spending?: () => void;
}

/**
 * Settles `answer`. The code is spent once the provider is asked, of which `spending` is told just before; until then
 * nothing has happened.
 *
 * @throws {Refused} `other_person` where the account belongs to somebody else and may not switch
 * @throws what accepting, redeeming and saving throw
 */
export async function settle(
  services: Services,
  prepared: PreparedProvider,
  { attempt, answer, spending }: AnsweredAttempt,
): Promise<LoggedIn> {
  const accepted = acceptAnswer(await prepared.exchange(), attempt, answer);
  await services.vault(); // a store that cannot be opened must say so before the code is spent
  const context = await prepared.context();
  spending?.();
  const redeemed = await redeem(context, attempt, accepted);
  const grant = await exchangeFurther(context, redeemed, accepted.callback);
  const name: AccountName = { provider: attempt.provider, label: attempt.label };
  const maySwitchPerson = attempt.maySwitchPerson === true;
  return storeGrant(services, prepared, { name, choices: attempt.choices, maySwitchPerson }, grant);
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
 * @throws {Refused} `other_person`
 * @throws what saving throws
 */
export async function storeGrant(
  services: Services,
  prepared: PreparedProvider,
  destination: Destination,
  grant: Grant,
): Promise<LoggedIn> {
  const { name, choices, maySwitchPerson } = destination;
  const identity = await identifyOrSay(services, await prepared.context(), grant);
  const vault = await services.vault();
  const before = await vault.find(name);
  if (!maySwitchPerson) refuseOtherPerson(name, before?.session, identity);
  const session: Session = {
    tokens: grant.tokens,
    subject: identity.subject,
    display: identity.display,
    client: await prepared.binding(),
    choices,
    kept: grant.kept,
  };
  await vault.save(name, session);
  return { name, session };
}

/** The tokens are good even where the provider will not say whose they are: that is worth a sentence, not the login. */
async function identifyOrSay(services: Services, context: TokenContext, grant: Grant): Promise<Identity> {
  try {
    return await identify(context, grant);
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || failure.code === "subject_mismatch") throw failure;
    services.notice(`Logged in, but cannot say as whom: ${failure.message}`);
    return { subject: null, display: null };
  }
}

/** The wrong browser profile must not overwrite an account. */
function refuseOtherPerson(name: AccountName, before: Session | undefined, identity: Identity): void {
  if (before === undefined || before.subject === null || identity.subject === null) return;
  if (before.subject === identity.subject) return;
  const account = formatAccountName(name);
  const [old, other] = [before.display ?? before.subject, identity.display ?? identity.subject];
  throw new Refused(
    `Cannot log in to "${account}": it belongs to ${old}, and the browser signed in ${other}`,
    {
      code: "other_person",
      hint: `use another label (keyfob login ${name.provider}/LABEL), or hand the account over: keyfob login ${account} --switch`,
    },
  );
}
