/**
 * Logs in by an address to open: listens for the callback, takes pasted answers, stores the login.
 *
 * @module
 */
import { LoginRequired, Unavailable } from "../errors.ts";
import { type CallbackServer, listen, type PageOutcome } from "../login/callback.ts";
import { receive } from "../login/flow.ts";
import type { Turns } from "../login/turns.ts";
import { begin, generateState } from "../oauth/authorize.ts";
import { formatAccountName } from "../vault/account.ts";
import type { LoginUnderWay } from "./login_request.ts";
import { type ListeningPlace, placeToListen, unattendedRedirect } from "./redirect_choice.ts";
import { withNextStep } from "./refused_code.ts";
import { type LoggedIn, settle } from "./settle.ts";

/**
 * Logs in by an address. `turns` is shared with other ways that wait at the same time.
 *
 * @throws what receiving and settling throw
 */
export async function logInByAddress(login: LoginUnderWay, turns?: Turns): Promise<LoggedIn> {
  const state = generateState();
  const { callback, failure: deaf } = await openCallback(login, state);
  try {
    return await wait(login, { state, callback, turns });
  } catch (failure) {
    // Where nobody could paste either, what kept us from listening is what went wrong.
    throw deaf !== undefined && failure instanceof LoginRequired && failure.code === "no_answer"
      ? deaf
      : failure;
  } finally {
    await callback?.close();
  }
}

interface Opened {
  readonly state: string;
  readonly callback: CallbackServer | undefined;
  readonly turns: Turns | undefined;
}

async function wait(
  { services, prepared, request, company }: LoginUnderWay,
  { state, callback, turns }: Opened,
): Promise<LoggedIn> {
  const { provider } = prepared;
  const redirectUri = callback?.redirectUri ?? unattendedRedirect(provider, request);
  const attempt = await begin(provider, {
    label: request.name.label,
    account: formatAccountName(request.name),
    state,
    redirectUri,
    scope: provider.scopes,
    expiresAt: new Date(services.now().getTime() + request.timeoutSeconds * 1000),
    choices: request.choices,
    client: prepared.declaredBinding,
    maySwitchPerson: request.maySwitchPerson,
  });
  const { url, expiresAt } = attempt;
  company.report({
    event: "authorize",
    url,
    redirectUri,
    expiresAt,
    listening: callback !== undefined,
    port: callback?.port,
  });
  company.present?.(url);
  return receive({
    attempt,
    callback,
    pasted: company.pasted,
    mostBadPastes: company.mostBadPastes,
    settle: async (answer, spending) => {
      try {
        return await settle(services, prepared, { attempt, answer, spending });
      } catch (failure) {
        throw withNextStep(failure, answer, `keyfob login ${formatAccountName(request.name)}`);
      }
    },
    describe: pageOf,
    report: company.report,
    signal: company.signal,
    patience: request.patience,
    turns,
  });
}

/** A listener, or why there is none although there should be. */
interface Listening {
  readonly callback?: CallbackServer;
  readonly failure?: Unavailable;
}

async function openCallback(login: LoginUnderWay, state: string): Promise<Listening> {
  const { request, company, prepared } = login;
  const place = placeToListen(prepared.provider, request);
  if (!request.listen || place === undefined) return {};
  try {
    const callback = await listenAt(place, login, state);
    void callback.steppedAside?.then(() =>
      company.report({
        event: "unheard",
        reason: `Another login needs port ${callback.port} and has it now; paste the answer here instead`,
      }),
    );
    warnOfStrangers(login);
    return { callback };
  } catch (failure) {
    if (!(failure instanceof Unavailable) || company.pasted === undefined) throw failure;
    company.report({ event: "notice", text: `${failure.message}; paste the answer instead` });
    return { failure };
  }
}

function listenAt(
  place: ListeningPlace,
  { services, request, prepared }: LoginUnderWay,
  state: string,
): Promise<CallbackServer> {
  const { provider } = prepared;
  return listen({
    state,
    ...place,
    responseMode: provider.response_mode,
    providerName: provider.name,
    neighbours:
      request.dataFolder === undefined ? undefined : { folder: request.dataFolder, fetch: services.fetch },
    ...(request.bind === undefined ? {} : { bind: request.bind }),
  });
}

/** Names of this machine that nobody else reaches it by. */
const LOOPBACK = /^(?:127(?:\.\d+){3}|::1|localhost)$/;

function warnOfStrangers({ request: { bind }, company }: LoginUnderWay): void {
  if (bind === undefined || LOOPBACK.test(bind)) return;
  company.report({
    event: "notice",
    text: `Listening on "${bind}" too: whoever reaches this machine may knock, and only the answer to this login is let in`,
  });
}

/** What the browser says of a stored login. */
export function pageOf(result: LoggedIn): PageOutcome {
  return { ok: true, who: result.session.display, account: formatAccountName(result.name) };
}
