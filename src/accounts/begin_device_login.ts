/**
 * Begins a login by device code that somebody finishes later; nothing polls meanwhile.
 *
 * @module
 */
import type { Attempt, DeviceCode } from "../oauth/attempt.ts";
import { generateState } from "../oauth/authorize.ts";
import { requestDeviceCode } from "../oauth/device_code.ts";
import type { BeginRequest } from "./begin_login.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";

/** A code to show, and the attempt it belongs to. */
export interface BegunDeviceLogin {
  readonly attempt: Attempt;
  readonly code: DeviceCode;
}

/**
 * Asks for a code and keeps the attempt, sealed, until it is finished or expires.
 *
 * @throws what preparing, asking and saving throw
 */
export async function beginDeviceLogin(services: Services, request: BeginRequest): Promise<BegunDeviceLogin> {
  const { name, choices, maySwitchPerson, signal } = request;
  const prepared = await prepareProvider(services, name, choices, { signal, byDevice: true });
  const vault = await services.vault();
  await vault.makeReady(); // a store that cannot be opened must say so before anybody approves
  const code = await requestDeviceCode(await prepared.context(), signal);
  const seconds = Math.min(
    code.lifetimeSeconds,
    request.isTimeoutGiven === true ? request.timeoutSeconds : Infinity,
  );
  const attempt: Attempt = {
    provider: name.provider,
    label: name.label,
    url: code.verificationUri,
    state: generateState(),
    redirectUri: "",
    scope: code.scope,
    expiresAt: new Date(services.now().getTime() + seconds * 1000),
    choices,
    client: prepared.declaredBinding,
    maySwitchPerson,
    device: code,
  };
  await vault.keepAttempt(attempt);
  return { attempt, code };
}
