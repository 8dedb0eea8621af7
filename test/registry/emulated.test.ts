/**
 * Entries proven by servers that know nothing of them: emulators that others wrote.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, test } from "bun:test";
import type { Services } from "../../src/accounts/services.ts";
import { createGuardedFetch, type GuardedFetch } from "../../src/guarded_fetch.ts";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { type EmulatedService, startEmulator } from "../servers/emulator.ts";
import {
  type IndependentServer,
  startBetterAuth,
  startMcpServer,
  startMockServer,
} from "../servers/independent.ts";
import type { Redirected } from "../servers/simulated_authorization.ts";
import { Home } from "../vault/fixtures.ts";
import { PlayedProvider } from "./played_provider.ts";

const CLIENT = "emulated-client";
const SECRET = "emulated-secret";

/** One entry and the emulator that stands for its provider. */
interface Case {
  readonly id: string;
  readonly emulated: EmulatedService;
  readonly choices: ProviderChoices;
  readonly display: string;
  /** What becomes of a logout: null where the entry knows no way, false where the emulator has no such endpoint. */
  readonly revoked: boolean | null;
}

/** A client that the emulator knows, with its redirect addresses. */
function client(...redirects: string[]): Record<string, unknown> {
  return { client_id: CLIENT, client_secret: SECRET, name: "keyfob", redirect_uris: redirects };
}

const CONFIDENTIAL: ProviderChoices = { clientId: CLIENT, clientSecret: SECRET };

const CASES: readonly Case[] = [
  {
    id: "google",
    emulated: {
      service: "google",
      baseUrl: "https://accounts.google.com",
      seed: { google: { oauth_clients: [client("http://127.0.0.1:8976/")] } },
      paths: {
        "https://oauth2.googleapis.com/token": "/oauth2/token",
        "https://oauth2.googleapis.com/revoke": "/oauth2/revoke",
        "https://openidconnect.googleapis.com/v1/userinfo": "/oauth2/v2/userinfo",
      },
    },
    choices: CONFIDENTIAL,
    display: "testuser@gmail.com",
    revoked: true,
  },
  {
    id: "github",
    emulated: {
      service: "github",
      baseUrl: "https://github.com",
      seed: { github: { oauth_apps: [client("http://127.0.0.1:8976/")] } },
    },
    choices: CONFIDENTIAL,
    display: "admin",
    revoked: false,
  },
  {
    id: "microsoft",
    emulated: {
      service: "microsoft",
      baseUrl: "https://login.microsoftonline.com",
      paths: {
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize": "/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token": "/oauth2/v2.0/token",
        "https://graph.microsoft.com/oidc/userinfo": "/oidc/userinfo",
      },
    },
    choices: { clientId: CLIENT },
    display: "testuser@outlook.com",
    revoked: null,
  },
  {
    id: "okta",
    emulated: oktaWith("default"),
    choices: { clientId: CLIENT, set: { domain: "dev-1.okta.com" } },
    display: "testuser@okta.local",
    revoked: true,
  },
  {
    id: "okta-org",
    emulated: oktaWith("org"),
    choices: { clientId: CLIENT, set: { domain: "dev-1.okta.com" } },
    display: "testuser@okta.local",
    revoked: true,
  },
  {
    id: "slack",
    emulated: {
      service: "slack",
      baseUrl: "https://slack.com",
      seed: {
        slack: {
          oauth_apps: [
            {
              ...client("http://localhost:8976/callback"),
              scopes: ["chat:write"],
              user_scopes: ["identity.basic"],
            },
          ],
        },
      },
    },
    choices: CONFIDENTIAL,
    display: "admin",
    revoked: false,
  },
  {
    id: "linear",
    emulated: {
      service: "linear",
      baseUrl: "https://api.linear.app",
      seed: {
        linear: {
          oauth_apps: [{ ...client("http://localhost:8976/callback"), scopes: ["read"], actor: "user" }],
        },
      },
    },
    choices: CONFIDENTIAL,
    display: "admin@linear.local",
    revoked: true,
  },
  {
    id: "apple",
    emulated: { service: "apple", baseUrl: "https://appleid.apple.com" },
    choices: { ...CONFIDENTIAL, redirectUri: "https://person.example/keyfob" },
    display: "testuser@icloud.com",
    revoked: true,
  },
  {
    id: "vercel",
    emulated: {
      service: "vercel",
      baseUrl: "https://vercel.com",
      seed: { vercel: { integrations: [client("http://127.0.0.1:8976/callback")] } },
    },
    choices: { ...CONFIDENTIAL, scopes: ["email"] }, // it emulates no OpenID metadata
    display: "admin@localhost",
    revoked: false,
  },
];

/** What use cases need, over a registry of its own. */
async function servicesOf(home: Home, fetch: GuardedFetch): Promise<Services> {
  const vault = await home.open();
  const registry = await openRegistry({ paths: home.paths, systemFile: `${home.folder}/none.json` });
  return {
    registry: () => Promise.resolve(registry),
    vault: () => Promise.resolve(vault),
    configuration: () => Promise.resolve({}),
    fetch,
    environment: {},
    now: () => new Date(),
    notice: (text) => {
      throw new Error(`unexpected notice: ${text}`);
    },
    seeThrough: (_what, work) => work(),
  };
}

/** The same, where the person has written one entry, "acme". */
async function generic(home: Home, entry: object): Promise<Services> {
  await mkdir(dirname(home.paths.registryFile), { recursive: true, mode: 0o700 });
  await writeFile(home.paths.registryFile, JSON.stringify({ providers: { acme: entry } }), { mode: 0o600 });
  return servicesOf(home, createGuardedFetch());
}

async function play(
  services: Services,
  id: string,
  choices: ProviderChoices,
  approve: (url: string) => Promise<Redirected>,
): Promise<PlayedProvider> {
  const registry = await services.registry();
  return new PlayedProvider({ services, approve }, registry.resolve(id, choices), choices);
}

/** An organization at Okta, whose client belongs to one of its authorization servers. */
function oktaWith(authServer: string): EmulatedService {
  const oauthClient = {
    ...client("http://localhost:8976/callback"),
    token_endpoint_auth_method: "none",
    auth_server_id: authServer,
  };
  return {
    service: "okta",
    baseUrl: "https://dev-1.okta.com",
    seed: { okta: { oauth_clients: [oauthClient] } },
  };
}

describe("an independent emulator (npm: emulate) accepts the entry of", () => {
  for (const { id, emulated, choices, display, revoked } of CASES) {
    test(id, async () => {
      using home = new Home();
      await using emulator = await startEmulator(emulated);
      const services = await servicesOf(home, emulator.fetch);
      const played = await play(services, id, choices, emulator.approve);
      const { session } = await played.logIn("address", { listen: false });
      expect(session).toMatchObject({ display, subject: expect.stringMatching(/./) });
      if (session.tokens.refreshToken !== undefined) {
        expect(await played.refresh()).not.toBe(session.tokens.accessToken);
      }
      const out = await played.logOut();
      expect(out.revoked).toBe(revoked);
      if (out.revoked === false) expect(out.reason).toContain("http_404");
      await (await services.vault()).close();
    });
  }
});

describe("a four-line entry (issuer, client_id, scopes) is enough for", () => {
  const servers: [
    name: string,
    start: () => Promise<IndependentServer>,
    scopes: string[],
    display: string | null,
  ][] = [
    ["oauth2-mock-server", startMockServer, ["openid", "offline_access"], null],
    [
      "better-auth, which signs with EdDSA and names itself in its answer (STANDARDS 31)",
      () => startBetterAuth("http://127.0.0.1:8976/callback"),
      ["openid", "email", "offline_access"],
      "ada@example.org",
    ],
  ];
  for (const [name, start, scopes, display] of servers) {
    test(name, async () => {
      using home = new Home();
      await using server = await start();
      const entry = { issuer: server.issuer, client_id: server.clientId, scopes };
      await mkdir(dirname(home.paths.registryFile), { recursive: true, mode: 0o700 });
      await writeFile(home.paths.registryFile, JSON.stringify({ providers: { acme: entry } }), {
        mode: 0o600,
      });
      const services = await servicesOf(home, createGuardedFetch());
      const played = await play(services, "acme", {}, server.approve);
      const { session } = await played.logIn("address", { listen: false });
      expect(session).toMatchObject({ display, subject: expect.stringMatching(/./) });
      expect(session.tokens.idToken).toBeString();
      await played.refresh();
      expect((await played.session())?.tokens.refreshToken).not.toBe(session.tokens.refreshToken);
      expect((await played.logOut()).revoked).toBe(true);
      await (await services.vault()).close();
    });
  }

  test("the authorization server of the MCP SDK, which knows neither persons nor refresh tokens", async () => {
    using home = new Home();
    await using server = await startMcpServer("http://127.0.0.1:8976/callback");
    const services = await generic(home, {
      issuer: server.issuer,
      client_id: server.clientId,
      scopes: ["mcp:tools"],
    });
    const played = await play(services, "acme", {}, server.approve);
    const { session } = await played.logIn("address", { listen: false });
    expect(session).toMatchObject({ subject: null, tokens: { scope: ["mcp:tools"], tokenType: "Bearer" } });
    expect(session.tokens.refreshToken).toBeUndefined();
    await (await services.vault()).close();
  });
});
