/**
 * The reader's machine: the built binary first in PATH, a browser with a person, and every provider that the README names.
 *
 * @module
 */
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { publicEntry, visit } from "../drivers/login.ts";
import { runProgram } from "../drivers/program.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { type GitServer, startGitServer } from "../servers/git.ts";
import { type GoogleServer, startGoogleServer } from "../servers/google.ts";
import { type OidcServer, startOidcServer } from "../servers/oidc.ts";
import { type OpenaiServer, startOpenaiServer } from "../servers/openai.ts";
import { ALICE, signIn } from "../servers/person.ts";
import { startTokenService, type TokenService } from "../servers/sts.ts";
import { type Internet, type Place, startInternet } from "./internet.ts";
import { GITHUB_CLIENT, startAcme, startGithub, type TokenStandIn } from "./stand_ins.ts";

/** The providers, and what takes their tokens. */
export interface World extends AsyncDisposable {
  readonly openai: OpenaiServer;
  readonly google: GoogleServer;
  readonly acme: TokenStandIn;
  readonly github: TokenStandIn;
  /** Stands for okta, and for what the README leaves to the reader as ACCOUNT. */
  readonly oidc: OidcServer;
  /** https://github.com/repository.git */
  readonly git: GitServer;
  readonly aws: TokenService;
}

/** The machine. */
export interface Machine extends AsyncDisposable {
  readonly world: World;
  readonly sandbox: Sandbox;
  readonly internet: Internet;
  /** Who is at the browser. */
  readonly person: { decision: "allow" | "deny" };
  /** What the reader fills in, by what stands in the README. */
  readonly placeholders: Map<string, string>;
  /** Runs text of the README with bash; `status` (0) is how it must end. */
  readonly bash: (
    text: string,
    options?: { status?: number; folder?: string; input?: string },
  ) => Promise<Outcome>;
  /** Puts a program of the reader's, or a stand-in for one, into PATH. */
  readonly program: (name: string, script: string) => Promise<void>;
  /** The user registry that sends the built-in entries here; `changed` replaces some entries. */
  readonly writeRegistry: (changed?: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** A machine of one's own, for one part of the README. */
export async function createMachine(): Promise<Machine> {
  const sandbox = await createSandbox({ DISPLAY: ":0", NO_PROXY: "127.0.0.1,localhost" });
  const bin = join(sandbox.folder, "bin");
  await mkdir(bin);
  await symlink(await builtBinary(), join(bin, "keyfob"));
  const world = await startWorld(sandbox);
  const internet = await startInternet(placesOf(world), sandbox.folder);
  const person: Machine["person"] = { decision: "allow" };
  const browser = startBrowser(internet, person);
  Object.assign(sandbox.environment, internet.environment, { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` });
  const machine: Machine = {
    world,
    sandbox,
    internet,
    person,
    placeholders: new Map(),
    bash: async (text, options = {}) => await bash(machine, text, options),
    program: async (name, script) => {
      await writeFile(join(bin, name), script);
      await chmod(join(bin, name), 0o755);
    },
    writeRegistry: async (changed = {}) => await sandbox.writeRegistry({ ...registryOf(world), ...changed }),
    [Symbol.asyncDispose]: async () => {
      await browser.stop(true);
      for (const part of [internet, world, sandbox]) await part[Symbol.asyncDispose]();
    },
  };
  await machine.writeRegistry();
  // The browser: it hands the address to the person, and ends where they ended.
  await machine.program(
    "xdg-open",
    `#!/bin/sh\nexec curl --silent --fail --get --data-urlencode "url=$1" http://127.0.0.1:${browser.port}/\n`,
  );
  return machine;
}

async function startWorld(sandbox: Sandbox): Promise<World> {
  const [openai, google, acme, oidc] = await Promise.all([
    startOpenaiServer(),
    startGoogleServer(),
    startAcme(),
    startOidcServer(),
  ]);
  const github = startGithub();
  const userinfo = (token: string) =>
    Promise.resolve({ status: github.accepts(token) ? 200 : 401, body: {} });
  const git = await startGitServer(sandbox, { ...oidc, userinfo });
  const servers = { openai, google, acme, oidc, github, git, aws: startTokenService(oidc) };
  return {
    ...servers,
    [Symbol.asyncDispose]: async () => {
      for (const server of Object.values(servers)) await server[Symbol.asyncDispose]();
    },
  };
}

function placesOf({ acme, github, git, google, aws }: World): Record<string, Place> {
  return {
    "id.acme.example": () => acme.origin,
    "github.com": (path) => (/^\/(?:login\/|sign-in|consent)/.test(path) ? github.origin : git.origin),
    "api.github.com": () => github.origin,
    "openidconnect.googleapis.com": () => google.origin,
    "sts.eu-west-1.amazonaws.com": () => aws.origin,
  };
}

function registryOf({ openai, google, oidc }: World): Record<string, unknown> {
  const read = (text: string) => (JSON.parse(text) as { providers: Record<string, unknown> }).providers;
  const endpoints = {
    authorization_endpoint: `${oidc.issuer}/auth`,
    token_endpoint: `${oidc.issuer}/token`,
  };
  // This server gives refresh tokens to those alone who ask for consent.
  const authorize = { params: { prompt: "consent" } };
  const redirect = { host: "127.0.0.1", port: "any" };
  return {
    ...read(openai.registry),
    ...read(google.registry),
    github: GITHUB_CLIENT,
    okta: { ...publicEntry(oidc), ...endpoints, redirect, authorize, variables: null },
    local: publicEntry(oidc),
  };
}

/** Somebody who signs in at any address that a browser is given. */
function startBrowser(internet: Internet, person: Machine["person"]): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async ({ url }) => {
      const address = new URL(url).searchParams.get("url") ?? "";
      return new Response(await visit(await signIn(internet.locate(address), { ...ALICE, ...person })));
    },
  });
}

async function bash(
  { sandbox, placeholders }: Machine,
  text: string,
  { status = 0, ...options }: { status?: number; folder?: string; input?: string },
): Promise<Outcome> {
  const filled = [...placeholders].reduce((line, [name, value]) => line.replaceAll(name, value), text);
  const outcome = await runProgram(sandbox, ["bash", "-o", "pipefail", "-c", filled], options);
  if (outcome.status === status) return outcome;
  throw new Error(`It ended with ${outcome.status}: ${filled}\n${outcome.stdout}\n${outcome.stderr}`);
}
