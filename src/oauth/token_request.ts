/**
 * Sends one token request: oauth4webapi authenticates the client, the entry's step rewrites and sends it.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import type { GuardedFetch } from "../guarded_fetch.ts";
import type { Step } from "../registry/schema.ts";
import type { TemplateValues } from "../registry/template.ts";
import { type Client, clientAuthentication, libraryClient } from "./client.ts";
import { APP } from "./placeholders.ts";
import { type RawAnswer, rawAnswer } from "./provider_answer.ts";
import { authorizationServer, type Exchange, requireEndpoint } from "./server.ts";
import { sendStep } from "./step.ts";

/** With whom to speak, as whom, and how. */
export interface TokenContext {
  readonly exchange: Exchange;
  readonly client: Client;
  readonly fetch: GuardedFetch;
  readonly now: () => Date;
}

/** One request to the token endpoint. */
export interface TokenRequest {
  readonly grantType: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The entry's block for this grant. */
  readonly step: Step | undefined;
  readonly values: TemplateValues;
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Date | undefined;
}

/**
 * Sends the request and returns the answer unjudged, so that it can be journalled first.
 *
 * @throws {Unavailable} when the network failed
 */
export async function requestToken(context: TokenContext, request: TokenRequest): Promise<RawAnswer> {
  const { exchange, client, fetch } = context;
  const { provider } = exchange;
  const endpoint = request.step?.endpoint ?? requireEndpoint(exchange, "token_endpoint");
  let received: RawAnswer | undefined;
  await oauth.genericTokenEndpointRequest(
    { ...authorizationServer(exchange), token_endpoint: requireEndpoint(exchange, "token_endpoint") },
    libraryClient(client, provider),
    clientAuthentication(client, clientAuth(request.step, client)),
    request.grantType,
    { ...request.parameters },
    {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (_url, options) => {
        const answer = await sendStep(
          {
            step: request.step,
            endpoint,
            parameters: Object.fromEntries(options.body),
            headers: withoutContentType(options.headers),
            values: { app: APP, client_id: client.id, ...request.values },
            hosts: provider.hosts,
            signal: request.signal,
            deadline: request.deadline,
          },
          fetch,
        );
        received = rawAnswer(answer);
        return new Response(null, { status: 200, headers: nonceOf(answer.headers) });
      },
    },
  );
  if (received === undefined) throw new Error("unreachable: the library returned without sending");
  return received;
}

/**
 * The block for a follow-up of `token`: what it leaves out is as in `token`, except `params` and `endpoint`, which
 * belong to the code exchange alone.
 */
export function inheritStep(token: Step | undefined, own: Step | undefined): Step | undefined {
  if (token === undefined) return own;
  const { params: _params, endpoint: _endpoint, ...shared } = token;
  return { ...shared, ...own };
}

function clientAuth(step: Step | undefined, client: Client): Client["authMethod"] {
  const declared = step?.auth;
  return declared === undefined || declared === "bearer" ? client.authMethod : declared;
}

function withoutContentType(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "content-type"));
}

/** The one header the library reads of an answer (RFC 9449 section 8). */
function nonceOf(headers: Headers): Record<string, string> {
  const nonce = headers.get("dpop-nonce");
  return nonce === null ? {} : { "dpop-nonce": nonce };
}
