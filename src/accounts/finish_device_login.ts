/**
 * Finishes a begun login by device code: polls until the person has approved it.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { Attempt, DeviceCode } from "../oauth/attempt.ts";
import { type Polled, pollDevice } from "../oauth/device_poll.ts";
import { exchangeFurther } from "../oauth/further_exchange.ts";
import { formatAccountName } from "../vault/account.ts";
import type { Vault } from "../vault/vault.ts";
import { openAttempt } from "./open_attempt.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";
import { awaitedApproval, awaitedTokens, type LoggedIn, storeGrant } from "./settle.ts";

/**
 * The `state` of the open login by device code: the one named, or where none is, the only open login if it is one.
 *
 * @throws {LoginRequired} `attempt_used`, `attempt_expired` or `attempt_unknown` where the one named is not open
 */
export async function findDeviceLogin(services: Services, state?: string): Promise<string | undefined> {
  const vault = await services.vault();
  if (state !== undefined) return (await openAttempt(vault, state)).device === undefined ? undefined : state;
  const [only, ...others] = await vault.openAttempts();
  return others.length === 0 && only?.device !== undefined ? only.state : undefined;
}

/**
 * Waits for the approval and stores the login. It is open until approved: whoever is ended while waiting, as by a
 * reboot, has lost nothing, and another goes on.
 *
 * @throws {LoginRequired} `attempt_used`, `attempt_expired` or `attempt_unknown`
 * @throws what preparing, polling and storing throw
 */
export async function finishDeviceLogin(
  services: Services,
  state: string,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const vault = await services.vault();
  const { device, ...attempt } = await openAttempt(vault, state);
  if (device === undefined) throw new Error("unreachable: findDeviceLogin() finds device logins");
  try {
    const result = await settle(services, { ...attempt, device }, signal);
    await vault.finishAttempt(state);
    return result;
  } catch (failure) {
    if (failure instanceof KeyfobError && OVER.has(failure.code)) {
      await vault.finishAttempt(state, { outcome: "unapproved", account: formatAccountName(attempt) });
    }
    throw failure;
  }
}

/**
 * Polls unless somebody else does: two who finish at once never both redeem the code. An approval uses the attempt up,
 * which must not cost the tokens where it cannot be written down.
 */
async function pollInTurn(vault: Vault, state: string, poll: () => Promise<Polled>): Promise<Polled> {
  const polled = await vault.inTurn(state, async () => {
    await openAttempt(vault, state);
    const found = await poll();
    if (found.state === "approved") await vault.finishAttempt(state).catch(() => {});
    return found;
  });
  return polled ?? { state: "pending" };
}

/** Failures after which the code is worth nothing. */
const OVER: ReadonlySet<string> = new Set([
  "access_denied",
  "expired_token",
  "invalid_grant",
  "other_person",
  "unknown_person",
]);

async function settle(
  services: Services,
  attempt: Attempt & { readonly device: DeviceCode },
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { provider, label, choices, client, device } = attempt;
  const name = { provider, label };
  const prepared = await prepareProvider(services, name, choices, {
    signal,
    sealed: client,
    byDevice: true,
  });
  const context = await prepared.context();
  const left = (attempt.expiresAt.getTime() - services.now().getTime()) / 1000;
  const vault = await services.vault();
  const grant = await pollDevice(context, { ...device, lifetimeSeconds: left }, signal, {
    exclusively: (poll) => pollInTurn(vault, attempt.state, poll),
    seenThrough: (work) => services.seeThrough(awaitedApproval(name), work),
  });
  const maySwitchPerson = attempt.maySwitchPerson === true;
  return services.seeThrough(awaitedTokens(name), async () => {
    const whole = await exchangeFurther(context, grant, {});
    return storeGrant(services, prepared, { name, choices, maySwitchPerson }, whole);
  });
}
