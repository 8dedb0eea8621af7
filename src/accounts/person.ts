/**
 * Whose login it is, and whether an account may become theirs.
 *
 * @module
 */
import { KeyfobError, Refused, Unavailable } from "../errors.ts";
import type { Grant } from "../oauth/grant.ts";
import { identify, type Identity } from "../oauth/identity.ts";
import type { TokenContext } from "../oauth/token_request.ts";
import { type AccountName, formatAccountName, type Session } from "../vault/account.ts";
import { pause } from "../vault/pause.ts";

/** A person, and why nobody is known where that is so. */
export interface Person extends Identity {
  readonly failure?: KeyfobError;
}

/** Milliseconds before the questions after the first: a provider that stumbles is soon up again, and somebody waits. */
const PAUSES = [500, 1500];
/** Milliseconds after which no further question is asked: slow answers were waited for long enough. */
const PATIENCE = 10_000;

/**
 * Who the tokens belong to. A provider that cannot answer for now is asked again.
 *
 * @throws {Failed} `subject_mismatch`
 */
export async function findPerson(context: TokenContext, grant: Grant): Promise<Person> {
  const began = performance.now();
  for (let tries = 0; ; tries++) {
    const person = await identifyOrTell(context, grant);
    const wait = PAUSES[tries];
    const isPassing = person.failure instanceof Unavailable;
    if (!isPassing || wait === undefined || performance.now() - began > PATIENCE) return person;
    await pause(wait);
  }
}

async function identifyOrTell(context: TokenContext, grant: Grant): Promise<Person> {
  try {
    return await identify(context, grant);
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || failure.code === "subject_mismatch") throw failure;
    return { subject: null, display: null, failure };
  }
}

/**
 * Refuses to hand over an account whose person is known, as to the wrong browser profile. Somebody unknown may be
 * anybody, so they are refused too: the login that is there stands as it was, and nothing but one answer is lost. The
 * new tokens are dropped, not revoked: with some providers that would end every login of the same person.
 *
 * @throws {Refused} `other_person`; `unknown_person` where the provider does not say who it is
 * @throws {Unavailable} `unknown_person` where it cannot say so for now
 */
export function refuseOtherPerson(name: AccountName, before: Session | undefined, person: Person): void {
  if (before === undefined || before.subject === null || before.subject === person.subject) return;
  const account = formatAccountName(name);
  const owner = before.display ?? before.subject;
  if (person.subject === null) throw unknownPerson(account, owner, person.failure);
  throw new Refused(
    `Cannot log in to "${account}": it belongs to ${owner}, and the browser signed in ${person.display ?? person.subject}`,
    {
      code: "other_person",
      hint: `use another label (keyfob login ${name.provider}/LABEL), or hand the account over: keyfob login ${account} --switch`,
    },
  );
}

function unknownPerson(account: string, owner: string, failure: KeyfobError | undefined): KeyfobError {
  const why = failure === undefined ? "" : `: ${failure.message}`;
  const message = `Cannot log in to "${account}": it belongs to ${owner}, and the provider does not say who signed in${why}`;
  const anyway = `whoever it is: keyfob login ${account} --switch`;
  if (failure instanceof Unavailable) {
    const hint = `the login that was there is as before; try again later, or, ${anyway}`;
    // The code is spent.
    return new Unavailable(message, { code: "unknown_person", sent: true, hint, cause: failure });
  }
  const hint = `the login that was there is as before; to replace it, ${anyway}`;
  return new Refused(message, { code: "unknown_person", hint, cause: failure });
}
