/**
 * Logs in: prepares the provider, and goes the way that the person chose.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { knowsDeviceCodesAlone, offersDeviceCode } from "../oauth/device_code.ts";
import { logInByAddress } from "./log_in_by_address.ts";
import { logInByDevice } from "./log_in_by_device.ts";
import type { LogInCompany, LogInRequest, LoginWay } from "./login_request.ts";
import { lessSince, withinTime } from "./patience.ts";
import { type PreparedProvider, prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import type { LoggedIn } from "./settle.ts";

/**
 * Logs in and stores the account. The time-out bounds the preparation and the wait together; the time that a person
 * takes to choose between ways is theirs.
 *
 * @throws what preparing, receiving and settling throw
 */
export async function logIn(
  services: Services,
  request: LogInRequest,
  company: LogInCompany,
): Promise<LoggedIn> {
  const { name, choices } = request;
  const begun = performance.now();
  const byDevice = request.way === "device";
  const prepared = await prepareProvider(services, name, choices, {
    signal: withinTime(company.signal, request),
    byDevice,
  });
  const ask = request.way === "ask" ? await questionOf(prepared, company) : undefined;
  const login = { services, prepared, request: lessSince(request, begun), company };
  const way = ask === undefined ? knownWay(prepared, request) : await ask();
  return way === "device" ? logInByDevice(login) : logInByAddress(login);
}

function knownWay({ provider }: PreparedProvider, { way }: LogInRequest): LoginWay {
  return way === "device" || knowsDeviceCodesAlone(provider) ? "device" : "address";
}

/** The person is asked only where there is a choice; metadata that cannot be read offers none. */
async function questionOf(
  prepared: PreparedProvider,
  { chooseWay }: LogInCompany,
): Promise<LogInCompany["chooseWay"]> {
  if (chooseWay === undefined || knowsDeviceCodesAlone(prepared.provider)) return undefined;
  try {
    return offersDeviceCode((await prepared.exchange()).provider) ? chooseWay : undefined;
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}
