/**
 * Begins a login that somebody finishes later, with nothing listening meanwhile.
 *
 * @module
 */
import type { Attempt, ProviderChoices } from "../oauth/attempt.ts";
import { begin, generateState } from "../oauth/authorize.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { prepareProvider } from "./prepared_provider.ts";
import { unattendedRedirect } from "./redirect_choice.ts";
import type { Services } from "./services.ts";

/** What the person or bot asked for. */
export interface BeginRequest {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  readonly port?: number | undefined;
  readonly timeoutSeconds: number;
  /** Whether the person chose the time-out; else a device code is good for as long as it lives. */
  readonly isTimeoutGiven?: boolean;
  readonly maySwitchPerson: boolean;
  /** Ends the wait for the provider, as by ctrl-C. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Begins a login and keeps the attempt, sealed, until it is finished or expires.
 *
 * @throws what preparing and saving throw
 */
export async function beginLogin(services: Services, request: BeginRequest): Promise<Attempt> {
  const { name, choices, signal } = request;
  const prepared = await prepareProvider(services, name, choices, { signal });
  const attempt = await begin(prepared.provider, {
    label: name.label,
    account: formatAccountName(name),
    state: generateState(),
    redirectUri: unattendedRedirect(prepared.provider, request),
    scope: prepared.provider.scopes,
    expiresAt: new Date(services.now().getTime() + request.timeoutSeconds * 1000),
    choices,
    client: prepared.declaredBinding,
    maySwitchPerson: request.maySwitchPerson,
  });
  const vault = await services.vault();
  await vault.keepAttempt(attempt);
  return attempt;
}
