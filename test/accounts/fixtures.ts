/**
 * An installation of its own, with a real vault and registry, and a provider on loopback.
 *
 * @module
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beginLogin } from "../../src/accounts/begin_login.ts";
import { finishLogin, type FinishRequest } from "../../src/accounts/finish_login.ts";
import type { Services } from "../../src/accounts/services.ts";
import { KeyfobError } from "../../src/errors.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import { createGuardedFetch } from "../../src/guarded_fetch.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import type { AccountName, Session } from "../../src/vault/account.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { failureOf, serve, type TestServer } from "../oauth/fixtures.ts";
import { Home } from "../vault/fixtures.ts";

/** A provider that gives tokens to everybody; `answers` may be replaced by path at any time. */
export interface TestProvider extends TestServer {
  answers: Record<string, () => Response>;
  /** Paths asked so far. */
  asked(): string[];
}

/** Starts a provider whose person is `alice`. */
export function startProvider(): TestProvider {
  let given = 0;
  const server = serve(
    ({ url }) => provider.answers[url.pathname]?.() ?? new Response(null, { status: 404 }),
  );
  const provider: TestProvider = Object.assign(server, {
    answers: {
      "/token": () => {
        given += 1;
        return Response.json({
          access_token: `access-${given}`,
          refresh_token: `refresh-${given}`,
          expires_in: 3600,
        });
      },
      "/me": () => Response.json({ id: 1, login: "alice" }),
      "/revoke": () => new Response(),
    },
    asked: () => server.seen.map(({ url }) => url.pathname),
  });
  return provider;
}

/** The entry of a provider at `origin`. */
export function entryAt(origin: string, more: object = {}): Record<string, unknown> {
  return {
    client_id: "client",
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    revocation_endpoint: `${origin}/revoke`,
    whoami: { endpoint: `${origin}/me`, response: { map: { subject: "/id", label: "/login" } } },
    redirect: { port: "registered" },
    ...more,
  };
}

/** An installation. */
export interface Bench extends AsyncDisposable {
  readonly services: Services;
  readonly notices: readonly string[];
  /** `KEYFOB_HOME`. */
  readonly home: string;
  vault(): Promise<Vault>;
  /** Stores a login as if it had been made `age` seconds ago. */
  save(name: AccountName, session: Session, age?: number): Promise<void>;
  /** Replaces the registry files; the next use reads them. */
  write(user: Readonly<Record<string, unknown>>, system?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Makes an installation with these providers in the user registry; `more` replaces services. */
export async function createBench(
  user: Readonly<Record<string, unknown>>,
  more: Partial<Services> = {},
): Promise<Bench> {
  const home = new Home();
  const systemFile = join(home.folder, "etc", "providers.json");
  const notices: string[] = [];
  let opened: Promise<Vault> | undefined;
  let age = 0;
  const now = (): Date => new Date(Date.now() - age * 1000);
  const vault = (): Promise<Vault> => (opened ??= home.open({ now }));
  const bench: Bench = {
    notices,
    home: home.paths.dataFolder,
    vault,
    services: {
      registry: () => openRegistry({ paths: home.paths, systemFile }),
      vault,
      configuration: async () => ({}),
      fetch: createGuardedFetch(),
      environment: {},
      now: () => new Date(),
      notice: (text) => void notices.push(text),
      seeThrough: (_what, work) => work(),
      ...more,
    },
    save: async (name, session, seconds = 0) => {
      age = seconds;
      await (await vault()).save(name, session);
      age = 0;
    },
    write: async (providers, system = {}) => {
      await writeRegistry(home.paths.registryFile, providers);
      await writeRegistry(systemFile, system);
    },
    [Symbol.asyncDispose]: async () => {
      await (await opened?.catch(() => undefined))?.close();
      home[Symbol.dispose]();
    },
  };
  await bench.write(user);
  return bench;
}

async function writeRegistry(path: string, providers: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify({ providers }));
  await chmod(path, 0o600);
}

/** A login that was made with {@link entryAt} at `origin`; its token lives `seconds` more. */
export function sessionAt(origin: string, seconds: number, more: Partial<Session> = {}): Session {
  return {
    tokens: {
      accessToken: "stored-access",
      tokenType: "Bearer",
      refreshToken: "stored-refresh",
      scope: [],
      expiresAt: new Date(Date.now() + seconds * 1000),
    },
    subject: "1",
    display: "alice",
    client: { clientId: "client", authMethod: "none", origins: [origin] },
    choices: {},
    kept: {},
    ...more,
  };
}

/** The account that {@link begin} logs in to. */
export const ACME = { provider: "acme", label: "default" };

/** Begins a login to `acme`. */
export function begin(
  { services }: Bench,
  more: { label?: string; timeoutSeconds?: number; maySwitchPerson?: boolean } = {},
): Promise<Attempt> {
  const { label = "default", ...rest } = more;
  const request = { choices: {}, timeoutSeconds: 300, isTimeoutGiven: true, maySwitchPerson: false, ...rest };
  return beginLogin(services, { name: { provider: "acme", label }, ...request });
}

/** Finishes a login with the answer `text`. */
export function finish({ services }: Bench, text: string, more: Partial<FinishRequest> = {}) {
  return finishLogin(services, { text, isExposed: false, ...more });
}

/** Where the provider sends the person who said yes. */
export function address({ redirectUri, state }: Attempt, code = "the-code"): string {
  return `${redirectUri}?code=${code}&state=${state}`;
}

/** Expects that the attempt can be finished no more. */
export async function expectUsed(installation: Bench, attempt: Attempt): Promise<void> {
  const again = await failureOf(() => finish(installation, address(attempt)));
  if (!(again instanceof KeyfobError) || again.code !== "attempt_used")
    throw new Error(`It ended otherwise: ${again.message}`);
}
