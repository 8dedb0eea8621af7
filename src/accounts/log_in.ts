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
import { withinTime } from "./patience.ts";
import { type PreparedProvider, prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import type { LoggedIn } from "./settle.ts";

/**
 * Logs in and stores the account.
 *
 * @throws what preparing, receiving and settling throw
 */
export async function logIn(
  services: Services,
  request: LogInRequest,
  company: LogInCompany,
): Promise<LoggedIn> {
  const { name, choices } = request;
  const byDevice = request.way === "device";
  const prepared = await prepareProvider(services, name.provider, choices, {
    signal: withinTime(company.signal, request),
    byDevice,
  });
  const login = { services, prepared, request, company };
  if (knowsDeviceCodesAlone(prepared.provider)) return logInByDevice(login);
  const way = request.way === "ask" ? await wayToGo(prepared, company) : request.way;
  return way === "device" ? logInByDevice(login) : logInByAddress(login);
}

/** The person is asked only where there is a choice; metadata that cannot be read offers none. */
async function wayToGo(prepared: PreparedProvider, { chooseWay }: LogInCompany): Promise<LoginWay> {
  if (chooseWay === undefined) return "address";
  try {
    if (!offersDeviceCode((await prepared.exchange()).provider)) return "address";
  } catch (failure) {
    if (failure instanceof KeyfobError) return "address";
    throw failure;
  }
  return chooseWay();
}
