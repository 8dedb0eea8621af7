/**
 * Logs in by a code that the person enters on another device.
 *
 * @module
 */
import type { Report } from "../login/event.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { requestDeviceCode } from "../oauth/device_code.ts";
import { pollDevice } from "../oauth/device_poll.ts";
import type { AccountName } from "../vault/account.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import { type LoggedIn, storeGrant } from "./settle.ts";

/** What the person asked for. */
export interface DeviceRequest {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  readonly maySwitchPerson: boolean;
}

/**
 * Shows a code, waits until it is approved, stores the login.
 *
 * @throws what preparing, polling and storing throw
 */
export async function logInByDevice(
  services: Services,
  request: DeviceRequest,
  company: { readonly report: Report; readonly signal: AbortSignal },
): Promise<LoggedIn> {
  const { name, choices, maySwitchPerson } = request;
  const { report, signal } = company;
  const prepared = await prepareProvider(services, name.provider, choices, { signal });
  const context = await prepared.context();
  await services.vault(); // a store that cannot be opened must say so before anybody approves
  const code = await requestDeviceCode(context, signal);
  report({
    event: "device",
    verificationUri: code.verificationUri,
    ...(code.verificationUriComplete === undefined
      ? {}
      : { verificationUriComplete: code.verificationUriComplete }),
    userCode: code.userCode,
    expiresAt: new Date(services.now().getTime() + code.lifetimeSeconds * 1000),
  });
  const grant = await pollDevice(context, code, signal);
  report({ event: "answered", via: "device" });
  return storeGrant(services, prepared, { name, choices, maySwitchPerson }, grant);
}
