/**
 * The flags of `keyfob login`, parsed.
 *
 * @module
 */
import { resolve } from "node:path";
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
