/**
 * The JSON that commands print: field names and times as the command-line contract has them.
 *
 * @module
 */
import type { HandedToken } from "../accounts/token.ts";
import type { KeyfobError } from "../errors.ts";
import { timestamp } from "../timestamp.ts";
import type { AccountName } from "../vault/account.ts";

/** An RFC 3339 time in UTC with whole seconds, or null. */
export function time(date: Date | null | undefined): string | null {
  return date === null || date === undefined ? null : timestamp(date);
}

/** `value` on one line, ended. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** `{"code","message","hint"}` of a failure, and its details. */
export function errorFields(failure: KeyfobError): object {
  return { code: failure.code, message: failure.message, hint: failure.hint ?? null, ...failure.details };
}

/** `{"provider","account"}`: the account is the label. */
export function accountFields(name: AccountName): { provider: string; account: string } {
  return { provider: name.provider, account: name.label };
}

/** The document of `token --json`. */
export function tokenDocument({ name, tokens }: HandedToken): object {
  return {
    ...accountFields(name),
    access_token: tokens.accessToken,
    token_type: tokens.tokenType,
    expires_at: time(tokens.expiresAt),
    scope: tokens.scope,
  };
}

/** The bot's configuration document of `--format config`; `expires_at` in milliseconds, as such bots expect. */
export function configDocument({ name, tokens }: HandedToken): object {
  return {
    providers: {
      [name.provider]: {
        oauth_token: tokens.accessToken,
        token_type: "oauth",
        expires_at: tokens.expiresAt?.getTime() ?? null,
        account: name.label,
      },
    },
  };
}
