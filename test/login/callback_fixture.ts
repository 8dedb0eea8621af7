/**
 * Callback servers for tests, closed after each.
 *
 * @module
 */
import { afterEach } from "bun:test";
import { listen } from "../../src/login/callback.ts";
import type { CallbackOptions, CallbackServer } from "../../src/login/callback.ts";

export const STATE = "s".repeat(43);
export const PATH = "/auth/callback";
const open: { close(): unknown }[] = [];

/** Closes `server` after the test. */
export function closeAfterwards(server: { close(): unknown }): void {
  open.push(server);
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A callback server of a provider named Acme, on any port. */
export async function startCallback(options: Partial<CallbackOptions> = {}): Promise<CallbackServer> {
  const server = await listen({
    state: STATE,
    host: "127.0.0.1",
    ports: "any",
    path: PATH,
    responseMode: "query",
    providerName: "Acme",
    ...options,
  });
  closeAfterwards(server);
  return server;
}

/** A request that follows no redirect. */
export function get(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { redirect: "manual", ...init });
}
