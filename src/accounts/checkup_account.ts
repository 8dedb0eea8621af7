/**
 * Checks the account that a person asked about: whether a token of it can be had.
 *
 * @module
 */
import { KeyfobError, LoginRequired } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Finding } from "./finding.ts";
import { givenAccounts } from "./given_accounts.ts";
import type { Services } from "./services.ts";
import { type AccountStatus, readStatus } from "./status.ts";

/** What is known of the login `name`, without asking anybody. A record that cannot be opened is told of with the store. */
export async function checkAccount(services: Services, name: AccountName): Promise<Finding[]> {
  const subject = `account ${formatAccountName(name)}`;
  try {
    if (await isGiven(services, name))
      return [{ subject, state: "good", message: "its token stands in the environment" }];
    return (await readStatus(services, name)).flatMap((status) => findingsOf(subject, status));
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    // Why the store or the registry cannot be opened is told elsewhere.
    if (!(failure instanceof LoginRequired)) return [];
    const fix = failure.hint ?? `keyfob login ${formatAccountName(name)}`;
    // The ordinary state before the first login.
    return [{ subject, state: "note", message: "nobody is logged in by this name", fix }];
  }
}

async function isGiven(services: Services, name: AccountName): Promise<boolean> {
  const given = await givenAccounts(services);
  return given.some(({ provider, label }) => provider === name.provider && label === name.label);
}

function findingsOf(subject: string, { name, state, display, lastError }: AccountStatus): Finding[] {
  const account = formatAccountName(name);
  switch (state) {
    case "alive":
      return [{ subject, state: "good", message: display ?? "logged in" }];
    case "exported":
      return [
        {
          subject,
          state: "note",
          message: "it was exported and belongs to another machine now",
          fix: `where it was never imported: keyfob export ${account} --cancel`,
        },
      ];
    case "unreadable":
      return [];
    default:
      return [
        {
          subject,
          state: "bad",
          message: lastError ?? "its token has expired and cannot be refreshed",
          fix: `keyfob login ${account}`,
        },
      ];
  }
}
