/**
 * A loopback stand-in with Google's rules, as REGISTRY.md states them; every violation is refused and recorded.
 *
 * @module
 */
import {
  CodeBook,
  createSigner,
  Pages,
  randomToken,
  requireParameters,
  requirePost,
  startStandIn,
  type Call,
  type Route,
  type Signer,
  type StandIn,
} from "./stand_in.ts";

/** A "Desktop app" client: its secret is no secret, and required all the same. */
export const GOOGLE_CLIENT = { id: "1234-stand-in.apps.example.test", secret: "GOCSPX-stand-in" } as const;

const FORM = "application/x-www-form-urlencoded";
/** Google lets a desktop app listen on any port of 127.0.0.1, with any path. */
const LOOPBACK = /^http:\/\/127\.0\.0\.1:\d{1,5}(?:\/.*)?$/;
const CREDENTIALS = { client_id: GOOGLE_CLIENT.id, client_secret: GOOGLE_CLIENT.secret } as const;

/** A running stand-in. */
export interface GoogleServer extends StandIn {
  /** Seconds that access tokens live. */
  accessTokenSeconds: number;
  /** Registry text that sends the built-in entry here, with a client. */
  readonly registry: string;
  /** Whether the stand-in's API takes the access token. */
  accepts(accessToken: string): boolean;
}

interface Books {
  readonly codes: CodeBook;
  readonly accessTokens: Set<string>;
  readonly refreshTokens: Set<string>;
  readonly signer: Signer;
}

/** Starts a stand-in on a free port of 127.0.0.1. */
export async function startGoogleServer(): Promise<GoogleServer> {
  const books: Books = {
    codes: new CodeBook(),
    accessTokens: new Set(),
    refreshTokens: new Set(),
    signer: await createSigner(),
  };
  const standIn = startStandIn(() => routes(books, () => server));
  const server: GoogleServer = Object.assign(standIn, {
    accessTokenSeconds: 3599,
    registry: registryText(standIn.origin),
    accepts: (accessToken: string) => books.accessTokens.has(accessToken),
  });
  return server;
}

function registryText(origin: string): string {
  const google = {
    issuer: origin,
    client_id: GOOGLE_CLIENT.id,
    client_secret: GOOGLE_CLIENT.secret,
    ...endpoints(origin),
    device_authorization_endpoint: `${origin}/device/code`,
  };
  return JSON.stringify({ providers: { google } });
}

function endpoints(origin: string): Record<string, string> {
  return {
    authorization_endpoint: `${origin}/o/oauth2/v2/auth`,
    token_endpoint: `${origin}/token`,
    revocation_endpoint: `${origin}/revoke`,
    userinfo_endpoint: `${origin}/v1/userinfo`,
    jwks_uri: `${origin}/oauth2/v3/certs`,
  };
}

function routes(books: Books, server: () => GoogleServer): Record<string, Route> {
  const pages = new Pages(books.codes, { authuser: "0", prompt: "consent", scope: "email openid" });
  return {
    "/.well-known/openid-configuration": () => Response.json(metadata(server().origin)),
    "/.well-known/oauth-authorization-server": () => new Response(null, { status: 404 }),
    "/oauth2/v3/certs": () => Response.json(books.signer.keys),
    "/o/oauth2/v2/auth": (call) => authorize(call, pages),
    "/sign-in": pages.signIn,
    "/consent": pages.consent,
    "/token": (call) =>
      call.parameters["grant_type"] === "refresh_token"
        ? refresh(call, books, server())
        : exchange(call, books, server()),
    "/revoke": (call) => revoke(call, books),
    "/v1/userinfo": (call) => userinfo(call, books),
  };
}

function metadata(origin: string): Record<string, unknown> {
  return {
    issuer: origin,
    ...endpoints(origin),
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    code_challenge_methods_supported: ["plain", "S256"],
  };
}

function authorize(call: Call, pages: Pages): Response {
  requireParameters(call, {
    required: {
      response_type: "code",
      client_id: GOOGLE_CLIENT.id,
      redirect_uri: LOOPBACK,
      scope: /\S/,
      code_challenge: /^[\w-]{43}$/,
      code_challenge_method: "S256",
      state: /^.{22,}$/,
    },
    optional: ["nonce", "access_type", "prompt", "include_granted_scopes", "login_hint", "hd"],
  });
  return pages.begin(call);
}

async function exchange(call: Call, books: Books, server: GoogleServer): Promise<Response> {
  requirePost(call, FORM);
  requireParameters(call, {
    required: {
      grant_type: "authorization_code",
      ...CREDENTIALS,
      code: /./,
      redirect_uri: LOOPBACK,
      code_verifier: /^[\w.~-]{43,128}$/,
    },
  });
  const { parameters } = books.codes.redeem(call);
  const isOffline = parameters["access_type"] === "offline" && parameters["prompt"] === "consent";
  const refreshToken = isOffline ? { refresh_token: giveRefreshToken(books) } : {};
  return Response.json({ ...(await tokens(books, server, parameters)), ...refreshToken });
}

/** A refresh brings no new refresh token: the old one stays good. */
async function refresh(call: Call, books: Books, server: GoogleServer): Promise<Response> {
  requirePost(call, FORM);
  const required = { grant_type: "refresh_token", ...CREDENTIALS, refresh_token: /./ };
  requireParameters(call, { required, optional: ["scope"] });
  if (!books.refreshTokens.has(call.parameters["refresh_token"] ?? "")) {
    const error = { error: "invalid_grant", error_description: "Token has been expired or revoked." };
    return Response.json(error, { status: 400 });
  }
  return Response.json(await tokens(books, server, {}));
}

async function tokens(
  books: Books,
  server: GoogleServer,
  { nonce, scope }: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const accessToken = randomToken("ya29.access");
  books.accessTokens.add(accessToken);
  const person = { sub: "1000000001", email: "alice@example.test", email_verified: true };
  const addressed = { iss: server.origin, aud: GOOGLE_CLIENT.id, azp: GOOGLE_CLIENT.id };
  return {
    access_token: accessToken,
    expires_in: server.accessTokenSeconds,
    token_type: "Bearer",
    scope: scope ?? "openid email",
    id_token: await books.signer.sign({ ...addressed, ...person, ...(nonce === undefined ? {} : { nonce }) }),
  };
}

function giveRefreshToken(books: Books): string {
  const refreshToken = randomToken("1//refresh");
  books.refreshTokens.add(refreshToken);
  return refreshToken;
}

function revoke(call: Call, books: Books): Response {
  requirePost(call, FORM);
  requireParameters(call, {
    required: { token: /./ },
    optional: ["token_type_hint", "client_id", "client_secret"],
  });
  books.refreshTokens.clear();
  books.accessTokens.clear();
  return new Response(null, { status: 200 });
}

function userinfo(call: Call, books: Books): Response {
  const accessToken = call.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  if (!books.accessTokens.has(accessToken)) return Response.json({ error: "invalid_token" }, { status: 401 });
  return Response.json({ sub: "1000000001", email: "alice@example.test", email_verified: true });
}
