/**
 * The flags of `keyfob login`, parsed.
 *
 * @module
 */
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";

/** Ways to receive the answer. */
export const METHODS = ["auto", "browser", "paste", "device"] as const;
export type LoginMethod = (typeof METHODS)[number];

/** Parsed flags of `keyfob login`. */
export interface LoginFlags {
  readonly account?: string | undefined;
  readonly method: LoginMethod;
  readonly mayOpenBrowser: boolean;
  readonly begin: boolean;
  readonly scopes?: readonly string[] | undefined;
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly redirectUri?: string | undefined;
  readonly port?: number | undefined;
  readonly bind?: string | undefined;
  readonly caFile?: string | undefined;
  readonly maySwitchPerson: boolean;
  readonly timeoutSeconds: number;
  /** Whether the person chose the time-out. */
  readonly isTimeoutGiven: boolean;
  /** The time-out as it was written. */
  readonly patience: string;
  readonly ifNeeded: boolean;
  readonly json: boolean;
  readonly format?: "config" | undefined;
}

/** What `keyfob login` means with no flags at all. */
export const DEFAULT_LOGIN_FLAGS: LoginFlags = {
  method: "auto",
  mayOpenBrowser: true,
  begin: false,
  maySwitchPerson: false,
  timeoutSeconds: 300,
  isTimeoutGiven: false,
  patience: "5m",
  ifNeeded: false,
  json: false,
};

/** What the flags change about the provider. Paths become absolute: the account is refreshed from other folders. */
export function choicesOf(flags: LoginFlags): ProviderChoices {
  return {
    ...(flags.set === undefined ? {} : { set: flags.set }),
    ...(flags.clientId === undefined ? {} : { clientId: flags.clientId }),
    ...(flags.clientSecretFile === undefined
      ? {}
      : { clientSecret: { file: resolve(flags.clientSecretFile) } }),
    ...(flags.scopes === undefined ? {} : { scopes: flags.scopes }),
    ...(flags.redirectUri === undefined ? {} : { redirectUri: flags.redirectUri }),
    ...(flags.caFile === undefined ? {} : { caFile: resolve(flags.caFile) }),
  };
}

/**
 * Refuses what `--begin` could not but ignore: it opens nothing, listens nowhere, and has no login to print.
 *
 * @throws {UsageError} `flags_disagree`
 */
export function refuseIdleFlags({ begin, method, bind, format }: LoginFlags): void {
  if (!begin) return;
  if (method === "browser") throw idle("--method browser", "it opens no browser; --method device would do");
  if (bind !== undefined) throw idle("--bind", "nothing listens until the login is finished; leave it out");
  if (format !== undefined) {
    throw idle(
      `--format ${format}`,
      `the login is printed when it is done: keyfob finish --format ${format}`,
    );
  }
}

function idle(flag: string, hint: string): UsageError {
  return new UsageError(`Cannot begin a login with ${flag}: it would do nothing`, {
    code: "flags_disagree",
    hint,
  });
}
