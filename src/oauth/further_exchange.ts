/**
 * Exchanges after the code exchange: long-lived tokens, tokens for an instance, as the entry lists them.
 *
 * @module
 */
import { Failed } from "../errors.ts";
import type { Step } from "../registry/schema.ts";
import { secretsOf } from "./concealment.ts";
import { APP, keptValues, prefixed } from "./placeholders.ts";
import { rawAnswer } from "./provider_answer.ts";
import { calledIn, requireEndpoint } from "./server.ts";
import { sendStep } from "./step.ts";
import { authenticate } from "./step_authentication.ts";
import { type Grant, refuseBound, refuseUnprintable } from "./grant.ts";
import { lifetimeOf } from "./lifetime.ts";
import { canonicalTokenAnswer } from "./token_answer.ts";
import type { TokenContext } from "./token_request.ts";
import type { Tokens } from "./tokens.ts";

/**
 * Runs the entry's `exchange` steps in order. Each may replace tokens and keep values; what it does not say stays,
 * but a life that was given to a token says nothing of the one that replaces it.
 *
 * @throws {Failed} when the provider refuses one
 * @throws {Unavailable} when the provider cannot answer now
 */
export async function exchangeFurther(
  context: TokenContext,
  grant: Grant,
  callback: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Grant> {
  let current = grant;
  for (const step of context.exchange.provider.exchange ?? []) {
    current = await exchangeOnce(context, step, { grant: current, callback, signal });
  }
  return current;
}

interface Before {
  readonly grant: Grant;
  readonly callback: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

async function exchangeOnce(context: TokenContext, step: Step, before: Before): Promise<Grant> {
  const { exchange, client, fetch, now } = context;
  const { provider } = exchange;
  const { grant, callback, signal } = before;
  const { accessToken, refreshToken } = grant.tokens;
  const proof = await authenticate(step.auth ?? "none", {}, { exchange, client, accessToken });
  const answer = await sendStep(
    {
      step,
      endpoint: requireEndpoint(exchange, "token_endpoint"),
      parameters: proof.parameters,
      headers: proof.headers,
      values: {
        ...keptValues(grant.kept),
        ...prefixed("callback", callback),
        app: APP,
        client_id: client.id,
        access_token: accessToken,
        refresh_token: refreshToken,
        scope: grant.tokens.scope.join(provider.scope_separator),
      },
      hosts: provider.hosts,
      signal,
    },
    fetch,
  );
  const raw = rawAnswer(answer);
  const { response, kept } = canonicalTokenAnswer(raw, step.response, now(), [
    accessToken,
    refreshToken,
    ...secretsOf(client),
  ]);
  const fields = (await response.json()) as CanonicalFields;
  if (response.status !== 200) {
    throw new Failed(
      `Cannot log in to "${calledIn(exchange)}": a further exchange was refused, it says ${fields.error ?? "no more"}`,
      { code: "exchange_refused" },
    );
  }
  if (fields.access_token !== undefined) {
    refuseUnprintable(fields.access_token);
    refuseBound(fields.token_type, `log in to "${calledIn(exchange)}"`);
  }
  return { ...grant, tokens: merge(grant.tokens, fields, now()), kept: { ...grant.kept, ...kept } };
}

interface CanonicalFields {
  readonly error?: string;
  readonly access_token?: string;
  readonly token_type?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly scope?: string;
}

function merge(tokens: Tokens, fields: CanonicalFields, now: Date): Tokens {
  const { access_token: accessToken = tokens.accessToken, expires_in: expiresIn } = fields;
  const { expiresAt: _expiresAt, lifetimeSeconds: _lifetime, ...rest } = tokens;
  const isNew = accessToken !== tokens.accessToken || expiresIn !== undefined;
  return {
    ...(isNew ? { ...rest, accessToken, ...lifetimeOf(expiresIn, now) } : tokens),
    ...(fields.refresh_token === undefined ? {} : { refreshToken: fields.refresh_token }),
    ...(fields.scope === undefined ? {} : { scope: fields.scope.split(" ") }),
  };
}
