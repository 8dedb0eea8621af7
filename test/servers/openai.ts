/**
 * A loopback stand-in with OpenAI's rules, as REGISTRY.md states them; every violation is refused and recorded.
 *
 * @module
 */
import {
  challengeOf,
  CodeBook,
  createSigner,
  Pages,
  randomToken,
  requireParameters,
  requirePost,
  startStandIn,
  Violation,
  type Call,
  type Route,
  type Signer,
  type StandIn,
} from "./stand_in.ts";

/** The stand-in's own client: an entry that moves endpoints must bring its own (SAFETY.md, credential binding). */
export const OPENAI_CLIENT = "app_stand_in";
/** In the claims of every id_token. */
export const OPENAI_ACCOUNT = { chatgpt_account_id: "account-0001", chatgpt_plan_type: "plus" } as const;
/** OpenAI lets no other redirect through. */
export const OPENAI_REDIRECTS = [
  "http://localhost:1455/auth/callback",
  "http://localhost:1457/auth/callback",
] as const;

const FORM = "application/x-www-form-urlencoded";
const JSON_BODY = "application/json";
const SCOPE = "openid profile email offline_access";
/** 43 characters: SHA-256 in base64url without padding (RFC 7636 section 4.2). */
const CHALLENGE = /^[\w-]{43}$/;
/** RFC 7636 section 4.1. */
const VERIFIER = /^[\w.~-]{43,128}$/;

/** A running stand-in. */
export interface OpenaiServer extends StandIn {
  /** Seconds that access tokens live. */
  accessTokenSeconds: number;
  /** Device codes are switched off for the account: the request is answered with 404. */
  isDeviceDisabled: boolean;
  /** Registry text that sends the built-in entry here. */
  readonly registry: string;
  /** As if every refresh token had been used by somebody else. */
  spendRefreshTokens(): void;
  /** The person enters a device code and approves. */
  approve(userCode: string): void;
  /** Whether the stand-in's API takes the access token. */
  accepts(accessToken: string): boolean;
}

interface DeviceRequest {
  readonly userCode: string;
  isApproved: boolean;
}

interface Books {
  readonly codes: CodeBook;
  readonly accessTokens: Set<string>;
  /** Refresh tokens ever given; true while unused. */
  readonly refreshTokens: Map<string, boolean>;
  readonly devices: Map<string, DeviceRequest>;
  readonly signer: Signer;
}

/** Starts a stand-in on a free port of 127.0.0.1. */
export async function startOpenaiServer(): Promise<OpenaiServer> {
  const books: Books = {
    codes: new CodeBook(),
    accessTokens: new Set(),
    refreshTokens: new Map(),
    devices: new Map(),
    signer: await createSigner(),
  };
  const standIn = startStandIn(() => routes(books, () => server));
  const server: OpenaiServer = Object.assign(standIn, {
    accessTokenSeconds: 3600,
    isDeviceDisabled: false,
    registry: registryText(standIn.origin),
    spendRefreshTokens: () => {
      for (const token of books.refreshTokens.keys()) books.refreshTokens.set(token, false);
    },
    approve: (userCode: string) => approve(books, userCode),
    accepts: (accessToken: string) => books.accessTokens.has(accessToken),
  });
  return server;
}

function registryText(origin: string): string {
  const revoke = `${origin}/oauth/revoke`;
  const device = `${origin}/api/accounts/deviceauth`;
  const openai = {
    issuer: origin,
    client_id: OPENAI_CLIENT,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: revoke,
    jwks_uri: `${origin}/.well-known/jwks.json`,
    revoke: { endpoint: revoke },
    device: {
      request: { endpoint: `${device}/usercode` },
      poll: { endpoint: `${device}/token` },
      verification_uri: `${origin}/codex/device`,
      redirect_uri: `${origin}/deviceauth/callback`,
    },
  };
  return JSON.stringify({ providers: { openai } });
}

function approve({ devices }: Books, userCode: string): void {
  const found = [...devices.values()].find((device) => device.userCode === userCode);
  if (found === undefined) throw new Error(`No device waits with the code "${userCode}"`);
  found.isApproved = true;
}

function routes(books: Books, server: () => OpenaiServer): Record<string, Route> {
  const pages = new Pages(books.codes);
  return {
    "/oauth/authorize": (call) => authorize(call, pages),
    "/sign-in": pages.signIn,
    "/consent": pages.consent,
    "/oauth/token": (call) =>
      call.parameters["grant_type"] === "refresh_token"
        ? refresh(call, books, server())
        : exchange(call, books, server()),
    "/oauth/revoke": (call) => revoke(call, books),
    "/.well-known/jwks.json": () => Response.json(books.signer.keys),
    "/api/accounts/deviceauth/usercode": (call) => requestDevice(call, books, server()),
    "/api/accounts/deviceauth/token": (call) => pollDevice(call, books, server()),
  };
}

function authorize(call: Call, pages: Pages): Response {
  requireParameters(call, {
    required: {
      response_type: "code",
      client_id: OPENAI_CLIENT,
      redirect_uri: /^http:\/\/localhost:145[57]\/auth\/callback$/,
      scope: SCOPE,
      code_challenge: CHALLENGE,
      code_challenge_method: "S256",
      state: /^.{22,}$/,
      id_token_add_organizations: "true",
      codex_cli_simplified_flow: "true",
      originator: "keyfob",
    },
    optional: ["nonce"],
  });
  return pages.begin(call);
}

async function exchange(call: Call, books: Books, server: OpenaiServer): Promise<Response> {
  requirePost(call, FORM);
  requireParameters(call, {
    required: {
      grant_type: "authorization_code",
      client_id: OPENAI_CLIENT,
      code: /./,
      redirect_uri: /./,
      code_verifier: VERIFIER,
    },
  });
  const { parameters } = books.codes.redeem(call);
  return Response.json(await tokens(books, server, parameters["nonce"]));
}

async function refresh(call: Call, books: Books, server: OpenaiServer): Promise<Response> {
  requirePost(call, JSON_BODY);
  const required = { grant_type: "refresh_token", client_id: OPENAI_CLIENT, refresh_token: /./ };
  requireParameters(call, { required });
  const { refresh_token: refreshToken = "" } = call.parameters;
  const isUnused = books.refreshTokens.get(refreshToken);
  if (isUnused !== true) {
    const code = isUnused === false ? "refresh_token_reused" : "refresh_token_invalidated";
    const error = { code, message: "Log out and sign in again", type: "invalid_request_error", param: null };
    return Response.json({ error }, { status: 401 });
  }
  books.refreshTokens.set(refreshToken, false);
  return Response.json(await tokens(books, server));
}

/** OpenAI gives no `token_type`. */
async function tokens(books: Books, server: OpenaiServer, nonce?: string): Promise<Record<string, unknown>> {
  const accessToken = randomToken("access");
  const refreshToken = randomToken("refresh");
  books.accessTokens.add(accessToken);
  books.refreshTokens.set(refreshToken, true);
  const idToken = await books.signer.sign({
    iss: server.origin,
    aud: OPENAI_CLIENT,
    sub: "auth0|alice",
    email: "alice@example.test",
    "https://api.openai.com/auth": OPENAI_ACCOUNT,
    ...(nonce === undefined ? {} : { nonce }),
  });
  const expires = { expires_in: server.accessTokenSeconds };
  return { access_token: accessToken, refresh_token: refreshToken, id_token: idToken, ...expires };
}

function revoke(call: Call, books: Books): Response {
  requirePost(call, JSON_BODY);
  const required = { token: /./, client_id: OPENAI_CLIENT };
  requireParameters(call, { required, optional: ["token_type_hint"] });
  books.refreshTokens.delete(call.parameters["token"] ?? "");
  books.accessTokens.clear();
  return Response.json({});
}

function requestDevice(call: Call, books: Books, server: OpenaiServer): Response {
  requirePost(call, JSON_BODY);
  requireParameters(call, { required: { client_id: OPENAI_CLIENT } });
  if (server.isDeviceDisabled) return Response.json({ detail: "Not Found" }, { status: 404 });
  const id = randomToken("device");
  const userCode = `${crypto.randomUUID().slice(0, 4)}-${crypto.randomUUID().slice(0, 5)}`.toUpperCase();
  books.devices.set(id, { userCode, isApproved: false });
  return Response.json({ device_auth_id: id, user_code: userCode, interval: "1" });
}

function pollDevice(call: Call, books: Books, server: OpenaiServer): Response {
  requirePost(call, JSON_BODY);
  requireParameters(call, { required: { device_auth_id: /./, user_code: /./ } });
  const device = books.devices.get(call.parameters["device_auth_id"] ?? "");
  if (device === undefined || device.userCode !== call.parameters["user_code"]) {
    throw new Violation("the device_auth_id and user_code do not belong together");
  }
  if (!device.isApproved) return Response.json({ detail: "pending" }, { status: 403 });
  const verifier = randomToken("verifier-of-the-server-itself");
  const challenge = challengeOf(verifier);
  const redirectUri = `${server.origin}/deviceauth/callback`;
  const code = books.codes.issue({ redirectUri, challenge, parameters: {} });
  return Response.json({ authorization_code: code, code_challenge: challenge, code_verifier: verifier });
}
