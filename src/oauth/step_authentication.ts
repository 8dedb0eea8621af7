/**
 * Authenticates a request that does not go through oauth4webapi: further exchanges, whoami, revocation.
 *
 * @module
 */
import type { Step } from "../registry/schema.ts";
import { type Client, clientAuthentication, libraryClient } from "./client.ts";
import { authorizationServer, type Exchange } from "./server.ts";

/** Parameters and headers with the authentication added. */
export interface Authenticated {
  readonly parameters: Record<string, string>;
  readonly headers: Record<string, string>;
}

/** Adds what `auth` asks for: the client's credentials (RFC 6749 section 2.3), or the access token (RFC 6750 section 2.1). */
export async function authenticate(
  auth: NonNullable<Step["auth"]>,
  parameters: Readonly<Record<string, string>>,
  who: { readonly exchange: Exchange; readonly client: Client; readonly accessToken: string },
): Promise<Authenticated> {
  if (auth === "bearer") {
    return { parameters: { ...parameters }, headers: { authorization: `Bearer ${who.accessToken}` } };
  }
  const body = new URLSearchParams(parameters);
  const headers = new Headers();
  const { exchange, client } = who;
  const proof = clientAuthentication(client, auth);
  await proof(authorizationServer(exchange), libraryClient(client, exchange.provider), body, headers);
  return { parameters: Object.fromEntries(body), headers: Object.fromEntries(headers) };
}
