/**
 * Authorization servers that others wrote, on loopback, for entries that name an issuer and leave the rest to discovery.
 *
 * @module
 */
import { once } from "node:events";
import { oauthProvider } from "@better-auth/oauth-provider";
import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
import { mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { betterAuth, type BetterAuthPlugin } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { jwt } from "better-auth/plugins";
import express from "express";
import { OAuth2Server } from "oauth2-mock-server";
import type { Redirected } from "./simulated_authorization.ts";

/** A running server that knows a client. */
export interface IndependentServer extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  /** Opens an authorization address as a browser would, and approves. */
  readonly approve: (url: string) => Promise<Redirected>;
}

/** npm: oauth2-mock-server. It approves whatever it is asked. */
export async function startMockServer(): Promise<IndependentServer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate("RS256");
  await server.start(0, "127.0.0.1");
  return {
    issuer: server.issuer.url ?? "",
    clientId: "keyfob",
    approve: async (url) => redirectedTo((await fetch(url, { redirect: "manual" })).headers.get("location")),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** npm: better-auth with its OAuth provider. `redirectUri` is what the client registers. */
export async function startBetterAuth(redirectUri: string): Promise<IndependentServer> {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => auth.handler(request) });
  const origin = `http://127.0.0.1:${server.port}`;
  const auth = createBetterAuth(origin);
  const post = async (path: string, body: object, cookie = ""): Promise<Response> =>
    fetch(`${origin}/api/auth${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin, cookie },
      body: JSON.stringify(body),
    });
  const person = { name: "Ada", email: "ada@example.org", password: crypto.randomUUID() };
  const cookie = cookiesOf(await post("/sign-up/email", person));
  const registered = await post("/oauth2/register", {
    client_name: "keyfob",
    redirect_uris: [redirectUri],
    application_type: "native",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    scope: "openid profile email offline_access",
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  return {
    issuer: `${origin}/api/auth`,
    clientId,
    approve: async (url) => {
      const page = await fetch(url, { headers: { cookie }, redirect: "manual" });
      const consent = new URL(page.headers.get("location") ?? "", origin);
      const answer = await post(
        "/oauth2/consent",
        { accept: true, oauth_query: consent.search.slice(1) },
        cookie,
      );
      return redirectedTo(((await answer.json()) as { url: string }).url);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** npm: @modelcontextprotocol/sdk, its authorization server with the provider of its own examples. */
export async function startMcpServer(redirectUri: string): Promise<IndependentServer> {
  const provider = new DemoInMemoryAuthProvider();
  await provider.clientsStore.registerClient({
    client_id: "keyfob",
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: "none",
  });
  const app = express();
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const issuer = new URL(`http://127.0.0.1:${port}`);
  app.use(mcpAuthRouter({ provider, issuerUrl: issuer, scopesSupported: ["mcp:tools"] }));
  return {
    issuer: issuer.href,
    clientId: "keyfob",
    approve: async (url) => redirectedTo((await fetch(url, { redirect: "manual" })).headers.get("location")),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function createBetterAuth(origin: string) {
  const tables = ["user", "session", "account", "verification", "jwks"];
  const oauthTables = ["oauthClient", "oauthAccessToken", "oauthRefreshToken", "oauthConsent"];
  return betterAuth({
    baseURL: origin,
    secret: crypto.randomUUID() + crypto.randomUUID(),
    database: memoryAdapter(Object.fromEntries([...tables, ...oauthTables].map((table) => [table, []]))),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      jwt(),
      oauthProvider({
        loginPage: "/sign-in",
        consentPage: "/consent",
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
      }) as unknown as BetterAuthPlugin, // its types do not know exactOptionalPropertyTypes
    ],
  });
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

function redirectedTo(address: string | null): Redirected {
  return { address: new URL(address ?? ""), parameters: new URLSearchParams() };
}
