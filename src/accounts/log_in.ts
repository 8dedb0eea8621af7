/**
 * Logs in: opens the ways to receive, begins the attempt, waits for the answer, stores the login.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { type CallbackServer, listen, type PageOutcome } from "../login/callback.ts";
import type { Report } from "../login/event.ts";
import { type PastedTexts, receive } from "../login/flow.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { begin, generateState } from "../oauth/authorize.ts";
import type { Provider } from "../registry/provider.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { type PreparedProvider, prepareProvider } from "./prepared_provider.ts";
import { leadsElsewhere, portsToListen, unattendedRedirect } from "./redirect_choice.ts";
import type { Services } from "./services.ts";
import { type LoggedIn, settle } from "./settle.ts";

/** What the person asked for. */
export interface LogInRequest {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  /** Whether to listen for the callback. */
  readonly listen: boolean;
  readonly port?: number | undefined;
  /** Address to listen on besides loopback, where the person insists. */
  readonly bind?: string | undefined;
  readonly timeoutSeconds: number;
  /** The time-out as the person wrote it. */
  readonly patience: string;
  readonly maySwitchPerson: boolean;
}

/** Who watches, and which further ways the answer may come. */
export interface LogInCompany {
  readonly report: Report;
  /** Texts from a prompt or a pipe; absent where there is neither. */
  readonly pasted?: PastedTexts | undefined;
  /** Shows the address to the person, as by opening a browser. Never throws, never waits. */
  readonly present?: ((url: string) => void) | undefined;
  readonly signal: AbortSignal;
}

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
  const prepared = await prepareProvider(services, name.provider, choices, {
    signal: company.signal,
  });
  const state = generateState();
  const callback = await openCallback(prepared.provider, request, state, company);
  try {
    return await wait(services, prepared, { ...request, state, callback }, company);
  } finally {
    await callback?.close();
  }
}

type Opened = LogInRequest & { readonly state: string; readonly callback: CallbackServer | undefined };

async function wait(
  services: Services,
  prepared: PreparedProvider,
  opened: Opened,
  company: LogInCompany,
): Promise<LoggedIn> {
  const { provider } = prepared;
  const { callback } = opened;
  const redirectUri = callback?.redirectUri ?? unattendedRedirect(provider, opened);
  const attempt = await begin(provider, {
    label: opened.name.label,
    state: opened.state,
    redirectUri,
    scope: provider.scopes,
    expiresAt: new Date(services.now().getTime() + opened.timeoutSeconds * 1000),
    choices: opened.choices,
    client: prepared.declaredBinding,
    maySwitchPerson: opened.maySwitchPerson,
  });
  const { url, expiresAt } = attempt;
  company.report({ event: "authorize", url, redirectUri, expiresAt, listening: callback !== undefined });
  company.present?.(url);
  return receive({
    attempt,
    callback,
    pasted: company.pasted,
    settle: (answer) => settle(services, prepared, attempt, answer),
    describe: pageOf,
    report: company.report,
    signal: company.signal,
    patience: opened.patience,
  });
}

async function openCallback(
  provider: Provider,
  request: LogInRequest,
  state: string,
  company: LogInCompany,
): Promise<CallbackServer | undefined> {
  const ports = portsToListen(provider, request);
  if (!request.listen || leadsElsewhere(provider)) return undefined;
  try {
    return await listen({
      state,
      host: provider.redirect.host,
      ports,
      path: provider.redirect.path,
      responseMode: provider.response_mode,
      providerName: provider.name,
      ...(request.bind === undefined ? {} : { bind: request.bind }),
    });
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || company.pasted === undefined) throw failure;
    company.report({ event: "notice", text: `${failure.message}; paste the answer instead` });
    return undefined;
  }
}

/** What the browser says of a stored login. */
export function pageOf(result: LoggedIn): PageOutcome {
  return { ok: true, who: result.session.display, account: formatAccountName(result.name) };
}
