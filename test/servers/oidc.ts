/**
 * A real authorization server (`oidc-provider`) on loopback, with the clients that the tests use.
 *
 * @module
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientMetadata, Configuration, KoaContextWithOIDC, default as Provider } from "oidc-provider";
import { interact } from "./oidc_interaction.ts";

/** A public native client; PKCE is required of it. */
export const PUBLIC_CLIENT = "keyfob-public";
/** A client that must send its secret by HTTP Basic. Both hold characters that form encoding changes. */
export const BASIC_CLIENT = { id: "keyfob-basic", secret: "basic secret-_.~+/:%&=" } as const;
/** A client that must send its secret in the request body. */
export const POST_CLIENT = { id: "keyfob-post", secret: "post secret-_.~+/:%&=" } as const;

/** A resource server: it may ask what a token is (RFC 7662), and nothing else. */
export const MAIL_SERVER = { id: "mail-server", secret: "mail-server-secret" } as const;

/** One request to an endpoint of the server, as it was understood. */
export interface SeenRequest {
  /** `token`, `userinfo`, `revocation`, `authorization`, `discovery`, `jwks` … */
  readonly route: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly status: number;
}

/** A running server. */
export interface OidcServer extends AsyncDisposable {
  readonly issuer: string;
  /** Every request so far, oldest first. */
  readonly seen: SeenRequest[];
  /** Seconds that access tokens live; takes effect for the next one. */
  accessTokenSeconds: number;
  /** Seconds that id_tokens live; takes effect for the next one. */
  idTokenSeconds: number;
  /** Milliseconds that each token request takes at least, so that concurrent ones overlap. */
  tokenDelayMilliseconds: number;
  /** Answers the next token requests with these statuses and an empty body, one each, without looking at them. */
  failures: number[];
  /** Every code and token given out so far. */
  readonly secrets: Set<string>;
  /** Ends every session, as an administrator would: no token or refresh token works any more. */
  endSessions(): Promise<void>;
  /** Token requests so far with this grant type. */
  count(grantType: string): number;
  /** What userinfo says to `accessToken`; the proof that it works. */
  userinfo(accessToken: string): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startOidcServer(options: { accessTokenSeconds?: number } = {}): Promise<OidcServer> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const grants = new Set<string>();
  const server: OidcServer = {
    issuer,
    seen: [],
    secrets: new Set(),
    endSessions: () => endSessions(provider, grants),
    accessTokenSeconds: options.accessTokenSeconds ?? 3600,
    idTokenSeconds: 3600,
    tokenDelayMilliseconds: 0,
    failures: [],
    count: (grantType) => countGrants(server.seen, grantType),
    userinfo: (accessToken) => askUserinfo(issuer, accessToken),
    [Symbol.asyncDispose]: () => stop(listener),
  };
  const provider = await createProvider(server);
  watchTokens(provider, server.secrets, grants);
  const answer = provider.callback();
  listener.on("request", (request, response) => {
    if (request.url?.startsWith("/interaction/") === true) void interact(provider, request, response);
    else void answer(request, response);
  });
  return server;
}

function countGrants(seen: readonly SeenRequest[], grantType: string): number {
  return seen.filter(({ route, parameters }) => route === "token" && parameters["grant_type"] === grantType)
    .length;
}

async function askUserinfo(
  issuer: string,
  accessToken: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function stop(listener: Server): Promise<void> {
  listener.closeAllConnections();
  await new Promise<void>((resolve) => listener.close(() => resolve()));
}

async function createProvider(server: OidcServer): Promise<Provider> {
  muteNotices();
  const { default: OidcProvider } = await import("oidc-provider");
  const provider = new OidcProvider(server.issuer, configuration(server));
  provider.use(async (context: KoaContextWithOIDC, next) => {
    if (context.path === "/token") await Bun.sleep(server.tokenDelayMilliseconds);
    const failure = context.path === "/token" ? server.failures.shift() : undefined;
    if (failure === undefined) await next();
    else context.status = failure;
    server.seen.push(describe(context));
  });
  return provider;
}

function describe(context: KoaContextWithOIDC): SeenRequest {
  const parameters = Object.entries(context.oidc?.params ?? context.oidc?.body ?? {});
  return {
    route: context.oidc?.route ?? context.path.slice(1),
    parameters: Object.fromEntries(
      parameters.filter((pair): pair is [string, string] => typeof pair[1] === "string"),
    ),
    authorization: context.get("authorization") || undefined,
    status: context.status,
  };
}

/** Tokens of this server are opaque: what is sent is the `jti`. */
function watchTokens(provider: Provider, secrets: Set<string>, grants: Set<string>): void {
  const note = (token: { jti: string; grantId?: string | undefined }): void => {
    secrets.add(token.jti);
    if (token.grantId !== undefined) grants.add(token.grantId);
  };
  provider.on("authorization_code.saved", note);
  provider.on("access_token.saved", note);
  provider.on("refresh_token.saved", note);
}

async function endSessions(provider: Provider, grants: ReadonlySet<string>): Promise<void> {
  for (const grantId of grants) {
    await provider.RefreshToken.revokeByGrantId(grantId);
    await provider.AccessToken.revokeByGrantId(grantId);
  }
}

let isMuted = false;

/** The library warns of Bun and of its quick-start defaults, which are what a test wants. */
function muteNotices(): void {
  if (isMuted) return;
  isMuted = true;
  process.noDeprecation = true;
  for (const level of ["info", "warn"] as const) {
    const original = console[level];
    console[level] = (...values: unknown[]) => {
      if (!String(values[0]).includes("oidc-provider ")) original(...values);
    };
  }
}

function configuration(server: OidcServer): Configuration {
  return {
    clients: clients(),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    findAccount: (_context, id) => ({ accountId: id, claims: () => claims(id) }),
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"] },
    // So that the id_token says who it is, as those of most providers do.
    conformIdTokenClaims: false,
    cookies: { keys: [crypto.randomUUID()] },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      introspection: { enabled: true },
      deviceFlow: { enabled: true, charset: "base-20", mask: "****-****" },
      userinfo: { enabled: true },
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: () => server.accessTokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: () => server.idTokenSeconds,
      Interaction: 3600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  };
}

function claims(id: string): { sub: string; [claim: string]: string | boolean } {
  const email = `${id}@example.test`;
  return { sub: id, name: `${id} of the tests`, preferred_username: id, email, email_verified: true };
}

function clients(): ClientMetadata[] {
  const native: Omit<ClientMetadata, "client_id"> = {
    application_type: "native",
    redirect_uris: ["http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"],
    response_types: ["code"],
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  };
  return [
    { ...native, client_id: PUBLIC_CLIENT, client_name: "keyfob", token_endpoint_auth_method: "none" },
    confidential(native, BASIC_CLIENT, "client_secret_basic"),
    confidential(native, POST_CLIENT, "client_secret_post"),
    confidential(
      { redirect_uris: [], response_types: [], grant_types: [] },
      MAIL_SERVER,
      "client_secret_basic",
    ),
  ];
}

function confidential(
  shape: Omit<ClientMetadata, "client_id">,
  client: { id: string; secret: string },
  method: "client_secret_basic" | "client_secret_post",
): ClientMetadata {
  return {
    ...shape,
    client_id: client.id,
    client_secret: client.secret,
    client_name: client.id,
    token_endpoint_auth_method: method,
  };
}
