/**
 * Two machines, a provider for both, and a login that goes from the one to the other.
 *
 * @module
 */
import { expect } from "bun:test";
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { startConnectProxy } from "../servers/connect_proxy.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { type OidcServer, POST_CLIENT, startOidcServer } from "../servers/oidc.ts";
import { AUTHORITY_FILE, PRIVATE_NAME, PRIVATE_TLS } from "../servers/private_authority.ts";
import { readAddress, visit } from "./login.ts";
import { createSandbox, type Outcome, type Sandbox } from "./sandbox.ts";

/** A refusal as `--json` says it. */
export interface SaidRefusal {
  readonly code: string;
  readonly [field: string]: unknown;
}

/** The move. */
export interface Move extends AsyncDisposable {
  readonly server: OidcServer;
  /** Where the login was made. */
  readonly laptop: Sandbox;
  /** Where it goes. */
  readonly vps: Sandbox;
  /** The public key of the vps. */
  key(): Promise<string>;
  /** Exports `account` from the laptop. */
  pack(account: string, flags?: readonly string[]): Promise<Outcome>;
  /** Imports on the vps. */
  unpack(parcel: string): Promise<Outcome>;
  /** Expects that the vps refuses the parcel with exit status 2. */
  refusal(parcel: string): Promise<SaidRefusal>;
  /** An entry of the server whose clients send their secret in the body. */
  secretEntry(more?: object): Record<string, unknown>;
  /** The client secrets that refreshes sent to the server. */
  sentSecrets(): (string | undefined)[];
}

/** Starts the server and both machines, whose registries are empty. */
export async function startMove(): Promise<Move> {
  const [server, laptop, vps] = await Promise.all([startOidcServer(), createSandbox(), createSandbox()]);
  const move: Move = {
    server,
    laptop,
    vps,
    key: async () => (await good(vps.run(["key", "show"]))).stdout.trim(),
    pack: async (account, flags = []) =>
      await good(laptop.run(["export", account, "--to", await move.key(), ...flags])),
    unpack: (parcel) => vps.run(["import"], { input: parcel }),
    refusal: async (parcel) => {
      const { status, stdout } = await vps.run(["import", "--json"], { input: parcel });
      expect(status).toBe(2);
      return (JSON.parse(stdout) as { error: SaidRefusal }).error;
    },
    secretEntry: (more = {}) => ({
      issuer: server.issuer,
      scopes: ["openid", "offline_access"],
      client_secret_use: "required",
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      ...more,
    }),
    sentSecrets: () =>
      server.seen
        .filter(({ parameters }) => parameters["grant_type"] === "refresh_token")
        .map(({ parameters }) => parameters["client_secret"]),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([laptop, vps, server].map((part) => part[Symbol.asyncDispose]()));
    },
  };
  return move;
}

/** What the run left, where it ended well. */
export async function good(outcome: Promise<Outcome>): Promise<Outcome> {
  const done = await outcome;
  if (done.status !== 0) throw new Error(`It ended with ${done.status}: ${done.stdout}${done.stderr}`);
  return done;
}

/** Writes the secret of {@link POST_CLIENT} into a file of the machine. */
export async function writeSecret(machine: Sandbox): Promise<string> {
  const path = join(machine.folder, "secret");
  await Bun.write(path, `${POST_CLIENT.secret}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

/** A provider with a certificate that nobody trusts unasked, behind a proxy that knows its name. */
export interface Company extends AsyncDisposable {
  readonly http: DeviceServer;
  /** The authority, as a file of the laptop. */
  readonly file: string;
}

/** Starts it; both machines know it as `company`, with endpoints at `origin`. */
export async function startCompany(
  { laptop, vps }: Move,
  more: object = {},
  origin = `https://${PRIVATE_NAME}`,
): Promise<Company> {
  const http = startDeviceServer({ origin: `https://${PRIVATE_NAME}`, tls: PRIVATE_TLS });
  const proxy = await startConnectProxy({ [`${PRIVATE_NAME}:443`]: http.port });
  const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
  for (const machine of [laptop, vps]) {
    machine.environment["HTTPS_PROXY"] = proxy.origin;
    await machine.writeRegistry({ company: { client_id: "c", scopes: ["read"], ...endpoints, ...more } });
  }
  const file = join(laptop.folder, "ca.pem");
  await copyFile(AUTHORITY_FILE, file);
  const dispose = async (): Promise<void> => {
    await proxy[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
  };
  return { http, file, [Symbol.asyncDispose]: dispose };
}

/** Logs in to `company`, or to `account` there, by callback. */
export async function logInToCompany(
  machine: Sandbox,
  args: readonly string[] = [],
  account = "company",
): Promise<Outcome> {
  await using running = await machine.start(["login", account, ...args]);
  const { searchParams } = await readAddress(running.stderr);
  const redirect = new URL(searchParams.get("redirect_uri") ?? "");
  redirect.search = new URLSearchParams({ code: "c", state: searchParams.get("state") ?? "" }).toString();
  await visit(redirect.href);
  return await running.outcome;
}
