/**
 * Logs in by a code that the person enters on another device, with the way by an address at hand.
 *
 * @module
 */
import { Interrupted, KeyfobError, TimedOut } from "../errors.ts";
import { Turns } from "../login/turns.ts";
import { type DeviceCode, requestDeviceCode } from "../oauth/device_code.ts";
import { endsEarly, pollDevice, type Polling } from "../oauth/device_poll.ts";
import { exchangeFurther } from "../oauth/further_exchange.ts";
import type { Grant } from "../oauth/grant.ts";
import { logInByAddress } from "./log_in_by_address.ts";
import type { LoginUnderWay } from "./login_request.ts";
import { lessSince, withinTime } from "./patience.ts";
import { prepareProvider } from "./prepared_provider.ts";
import { awaitedApproval, awaitedTokens, type LoggedIn, storeGrant } from "./settle.ts";

/**
 * Shows a code, waits until it is approved, stores the login. Where the code fails and a person is there, the login
 * goes on by an address without starting over. An interruption lets end what was sent, which may still log in.
 *
 * @throws what preparing, polling and storing throw
 */
export async function logInByDevice(login: LoginUnderWay): Promise<LoggedIn> {
  const ways = new Ways(login);
  const racing = [ways.byCode(), ways.byAddress()];
  try {
    return await Promise.race(racing);
  } catch (failure) {
    if (failure instanceof Interrupted) ways.stop(failure);
    if (!ways.isStopped) throw failure;
    return await Promise.any(racing).catch(() => Promise.reject(failure));
  } finally {
    ways.abandon();
    await Promise.allSettled(racing);
  }
}

/** Both ways of one login, and what one must know of the other. */
class Ways {
  readonly #login: LoginUnderWay;
  readonly #turns = new Turns();
  readonly #screen = new AbortController();
  readonly #stopped = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #opened = Promise.withResolvers<void>();
  #isOpened = false;
  #isCodeAlive = true;

  constructor(login: LoginUnderWay) {
    const signal = AbortSignal.any([login.company.signal, this.#stopped.signal]);
    this.#login = { ...login, company: { ...login.company, signal } };
  }

  /** Ends both ways, as ctrl-C does: what was sent ends first. */
  stop(reason: Interrupted): void {
    this.#stopped.abort(reason);
  }

  get isStopped(): boolean {
    return this.#login.company.signal.aborted;
  }

  /** Ends both ways at once: the login has come about, or failed. */
  abandon(): void {
    this.#abandoned.abort();
    this.#stopped.abort();
  }

  /** Logs in by the code; where it fails but the address is open, that goes on alone. */
  async byCode(): Promise<LoggedIn> {
    const { company, prepared } = this.#login;
    let grant: Grant;
    try {
      grant = await this.#approval();
    } catch (failure) {
      this.#isCodeAlive = false;
      company.signal.throwIfAborted();
      if (!mayGoOn(failure) || !(await this.#goesOnByAddress(failure))) throw failure;
      return untilAborted(company.signal);
    }
    const stored = this.#turns.take(async () => {
      const { services, request } = this.#login;
      company.report({ event: "answered", via: "device" });
      return services.seeThrough(awaitedTokens(request.name), async () => {
        const whole = await exchangeFurther(await prepared.context(), grant, {});
        return storeGrant(services, prepared, request, whole);
      });
    });
    // A turn that comes after the login's end never ends itself.
    return Promise.race([stored, untilAborted(this.#abandoned.signal)]);
  }

  /** Logs in by an address once that is opened; where its time is over but the code lives, that goes on alone. */
  async byAddress(): Promise<LoggedIn> {
    const { services, request, company } = this.#login;
    const { signal } = company;
    await Promise.race([this.#opened.promise, untilAborted(signal)]);
    const begun = performance.now();
    const prepared = await prepareProvider(services, request.name, request.choices, {
      signal: withinTime(signal, request),
    });
    try {
      const login = { ...this.#login, prepared, request: lessSince(request, begun) };
      return await logInByAddress(login, this.#turns);
    } catch (failure) {
      if (!(failure instanceof TimedOut) || !this.#isCodeAlive) throw failure;
      company.report({ event: "notice", text: `${failure.message}; the code still works` });
      return untilAborted(signal);
    }
  }

  async #approval(): Promise<Grant> {
    const { services, request, company, prepared } = this.#login;
    const begun = performance.now();
    const preparing = withinTime(company.signal, request);
    const context = await prepared.context();
    await (await services.vault()).makeReady(); // a store that cannot be opened must say so before anybody approves
    const code = await requestDeviceCode(context, preparing);
    const { isTimeoutGiven, timeoutSeconds, patience: text } = lessSince(request, begun);
    const patience = isTimeoutGiven ? { seconds: timeoutSeconds, text } : undefined;
    const seconds = Math.min(code.lifetimeSeconds, patience?.seconds ?? Infinity);
    const until = new Date(services.now().getTime() + seconds * 1000);
    company.report(deviceEvent(code, until, endsEarly(code, patience)));
    const abandoned = this.#abandoned.signal;
    const seenThrough: Polling["seenThrough"] = (work) =>
      services.seeThrough(awaitedApproval(request.name), work);
    const polling = pollDevice(context, code, company.signal, { patience, abandoned, seenThrough });
    const waiting = this.#waitAtScreen(until);
    waiting.catch((failure: unknown) => this.#stopped.abort(failure));
    try {
      return await polling;
    } finally {
      this.#screen.abort();
      await waiting.catch(() => {});
    }
  }

  /** The terminal is given back before the address asks for pastes. */
  async #waitAtScreen(until: Date): Promise<void> {
    const { company } = this.#login;
    const signal = AbortSignal.any([company.signal, this.#screen.signal]);
    const openAddress = this.#hasAddress() ? () => this.#screen.abort(OPEN) : undefined;
    await company.deviceScreen?.wait({ until, signal, openAddress });
    if (this.#screen.signal.reason === OPEN) this.#open();
  }

  async #goesOnByAddress(failure: KeyfobError): Promise<boolean> {
    const { report, deviceScreen } = this.#login.company;
    if (this.#isOpened) {
      report({ event: "notice", text: `${failure.message}; the address still works` });
      return true;
    }
    if (deviceScreen === undefined || !this.#hasAddress() || failure.code === "timed_out") return false;
    if (!(await deviceScreen.goOnByAddress(failure))) return false;
    this.#open();
    return true;
  }

  #open(): void {
    this.#isOpened = true;
    this.#opened.resolve();
  }

  #hasAddress(): boolean {
    const { authorization_endpoint: endpoint, authorize } = this.#login.prepared.provider;
    return (authorize?.endpoint ?? endpoint) !== undefined;
  }
}

/** Whether another way may still work: not where the person gave up, or the configuration is wrong for both. */
function mayGoOn(failure: unknown): failure is KeyfobError {
  return failure instanceof KeyfobError && !(failure instanceof Interrupted) && failure.exitStatus !== 2;
}

/** Why the screen of a code ends: the person wants the address. */
const OPEN = Symbol("open the address");

/** What a watcher is told of a code. */
function deviceEvent(code: DeviceCode, expiresAt: Date, isCutShort: boolean) {
  const { verificationUri, verificationUriComplete, userCode } = code;
  const complete = verificationUriComplete === undefined ? {} : { verificationUriComplete };
  return { event: "device", verificationUri, ...complete, userCode, expiresAt, isCutShort } as const;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
