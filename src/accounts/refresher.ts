/**
 * Refreshes a stored session at its provider; the vault calls it inside the refresh transaction.
 *
 * @module
 */
import { ConfigurationError, Failed, Unavailable } from "../errors.ts";
import { fetchKeys } from "../oauth/discovery.ts";
import type { RawAnswer } from "../oauth/provider_answer.ts";
import { readRefresh, type RefreshGrant, requestRefresh } from "../oauth/token.ts";
import type { TokenContext } from "../oauth/token_request.ts";
import { type AccountName, formatAccountName, type Session } from "../vault/account.ts";
import type { RefreshOutcome, Refresher } from "../vault/refresher.ts";
import { refuseMovedProvider } from "./moved_provider.ts";
import { prepareProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";

/** The refresher of the login `name`. */
export function createRefresher(services: Services, name: AccountName): Refresher {
  return {
    async refresh(session, tools) {
      const context = await contextOf(services, name, session, tools.signal);
      tools.signal?.throwIfAborted();
      const deadline = await tools.renewLease();
      // No interruption ends what was sent: the provider may have replaced the refresh token.
      return services.seeThrough(awaitedRefresh(name), async () => {
        const raw = await requestRefresh(context, session, { deadline });
        if (raw.status >= 200 && raw.status < 300) await tools.journal(JSON.stringify(raw));
        return outcome(session, await readRefresh(context, session, raw));
      });
    },
    async recover(session, rawAnswer, receivedAt) {
      const context = await contextOf(services, name, session).catch(passing);
      const then = { ...context, now: () => receivedAt };
      const grant = await readRefresh(then, session, parseJournal(rawAnswer)).catch(holdsNothing);
      return outcome(session, grant);
    },
  };
}

/** What is waited for once a refresh was sent. */
function awaitedRefresh(name: AccountName): string {
  return `the new token of "${formatAccountName(name)}", as the old refresh token may be spent already`;
}

/** Everything that may fail without harm is done here, before the refresh token is spent. */
async function contextOf(
  services: Services,
  name: AccountName,
  session: Session,
  signal?: AbortSignal,
): Promise<TokenContext> {
  const options = { sealed: session.client, refreshes: true, signal };
  const prepared = await prepareProvider(services, name, session.choices, options);
  refuseMovedProvider(name, session.client, await prepared.binding());
  const context = await prepared.context();
  const { exchange } = context;
  const { provider } = exchange;
  const expectsIdToken = session.tokens.idToken !== undefined && provider.id_token?.validation !== "tls";
  if (!expectsIdToken || exchange.keys !== undefined || provider.jwks_uri === undefined) return context;
  const keys = await fetchKeys(provider.jwks_uri, context.fetch, signal);
  return { ...context, exchange: { ...exchange, keys } };
}

/** Metadata that cannot be read says nothing about the journalled answer, which must be kept until it can. */
function passing(failure: unknown): never {
  if (!(failure instanceof Failed)) throw failure;
  throw new Unavailable(failure.message, { code: failure.code, cause: failure });
}

/** An answer that says "not now" will say no more when it is read again. */
function holdsNothing(failure: unknown): never {
  if (!(failure instanceof Unavailable)) throw failure;
  throw new Failed(failure.message, { code: failure.code, cause: failure });
}

function outcome(session: Session, grant: RefreshGrant): RefreshOutcome {
  const { quarantined: _quarantined, ...rest } = session;
  const refreshed: Session = { ...rest, tokens: grant.tokens, kept: grant.kept };
  return { session: refreshed, ...(grant.failure === undefined ? {} : { failure: grant.failure }) };
}

/** A journal holds what {@link createRefresher} wrote: sealed by us, so its shape is known. */
function parseJournal(text: string): RawAnswer {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "status" in value && "text" in value)
    return value as RawAnswer;
  throw new ConfigurationError("Cannot read the refresh journal: it has another shape", {
    code: "store_corrupt",
  });
}
