/**
 * A small authorization server on loopback whose device codes are polled for every second (RFC 8628).
 *
 * @module
 */

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** A running server. */
export interface DeviceServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** Grant types of the token requests so far. */
  readonly seen: string[];
  /** Registry entry of a client here. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** When each poll came, in milliseconds of a clock that does not jump. */
  readonly polls: number[];
  /** Error codes for the next polls, one each; then `authorization_pending` until decided. */
  readonly answers: string[];
  /** Milliseconds that it takes to say that there is no metadata. */
  metadataMilliseconds: number;
  /** How often metadata was asked for. */
  metadataAsked: number;
  /** Milliseconds that a poll takes. */
  pollMilliseconds: number;
  /** Milliseconds that a code exchange takes. */
  exchangeMilliseconds: number;
  /** Seconds that codes live. */
  lifetimeSeconds: number;
  /** The person decides on the open code. */
  decide(decision: "approve" | "deny"): void;
}

/** Where the server says it is, where that is another place than it is bound to, and with which certificate. */
export interface SecureName {
  readonly origin: string;
  readonly tls: { readonly cert: string; readonly key: string };
}

/** Starts a server on a free port of 127.0.0.1. Its authorization address approves at once. */
export function startDeviceServer(secure?: SecureName): DeviceServer {
  let decision: "approve" | "deny" | undefined;
  const http = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(secure === undefined ? {} : { tls: secure.tls }),
    routes: {
      "/device_authorization": () => {
        decision = undefined;
        return Response.json({
          device_code: "device-code-0001",
          user_code: "WDJB-MJHT",
          verification_uri: `${server.origin}/device`,
          verification_uri_complete: `${server.origin}/device?user_code=WDJB-MJHT`,
          expires_in: server.lifetimeSeconds,
          interval: 1,
        });
      },
      "/.well-known/*": async () => {
        server.metadataAsked += 1;
        await Bun.sleep(server.metadataMilliseconds);
        return new Response(null, { status: 404 });
      },
      "/authorize": (request) => approveAtOnce(new URL(request.url)),
      "/token": async (request) => {
        const form = new URLSearchParams(await request.text());
        server.seen.push(form.get("grant_type") ?? "");
        if (form.get("grant_type") !== DEVICE_GRANT) {
          await Bun.sleep(server.exchangeMilliseconds);
          return tokens();
        }
        server.polls.push(performance.now());
        await Bun.sleep(server.pollMilliseconds);
        const error = server.answers.shift() ?? outcomeOf(decision);
        return error === undefined ? tokens() : Response.json({ error }, { status: 400 });
      },
    },
  });
  const origin = secure?.origin ?? `http://127.0.0.1:${http.port}`;
  const server: DeviceServer = {
    origin,
    port: Number(http.port),
    seen: [],
    entry: {
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      device_authorization_endpoint: `${origin}/device_authorization`,
      client_id: "device-client",
      scopes: ["read"],
    },
    polls: [],
    answers: [],
    metadataMilliseconds: 0,
    metadataAsked: 0,
    pollMilliseconds: 0,
    exchangeMilliseconds: 0,
    lifetimeSeconds: 600,
    decide: (said) => void (decision = said),
    [Symbol.asyncDispose]: () => http.stop(true),
  };
  return server;
}

function outcomeOf(decision: "approve" | "deny" | undefined): string | undefined {
  if (decision === "approve") return undefined;
  return decision === "deny" ? "access_denied" : "authorization_pending";
}

function approveAtOnce({ searchParams }: URL): Response {
  const back = new URL(searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("code", "authorization-code-0001");
  back.searchParams.set("state", searchParams.get("state") ?? "");
  return Response.redirect(back.href, 302);
}

function tokens(): Response {
  return Response.json({
    access_token: `access-${crypto.randomUUID()}`,
    refresh_token: `refresh-${crypto.randomUUID()}`,
    token_type: "Bearer",
    expires_in: 3600,
  });
}
