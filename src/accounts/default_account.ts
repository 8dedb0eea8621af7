/**
 * The account that `config.json` names for commands that are given none.
 *
 * @module
 */
import { KeyfobError, LoginRequired } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** `failure` of using `name`, saying where it is named; `failure` itself where the login is there. */
export function ofDefaultAccount(failure: unknown, name: AccountName, configFile: string): unknown {
  if (!(failure instanceof KeyfobError) || failure.code !== "unknown_account") return failure;
  const { message, code, hint } = failure;
  return new LoginRequired(`${message}, the "default_account" of "${configFile}"`, {
    code,
    hint: `change "default_account" there, or: ${hint ?? `keyfob login ${formatAccountName(name)}`}`,
    cause: failure,
  });
}
