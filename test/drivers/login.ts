/**
 * Logins with the built binary, from the address to the end, the way tests need them.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PUBLIC_CLIENT, type OidcServer } from "../servers/oidc.ts";
import { ALICE, signIn, type Person } from "../servers/person.ts";
import type { Outcome, RunOptions, Running, Sandbox } from "./sandbox.ts";
import type { Transcript } from "./transcript.ts";

/** An address alone on its line, as keyfob prints it. */
const ADDRESS_LINE = /^(https?:\/\/\S+)\n/m;

/** What a login by callback left behind. */
export interface CallbackLogin extends Outcome {
  /** The authorization address that was printed. */
  readonly url: URL;
  /** Where the provider redirected to. */
  readonly redirect: URL;
  /** The page the person ended on. */
  readonly page: string;
}

/** What `login --begin` prints. */
export interface Begun {
  readonly url: string;
  readonly state: string;
  readonly redirect_uri: string;
  readonly expires_at: string;
}

/** The entry of a public client at `server`; it asks for a refresh token. */
export function publicEntry(server: OidcServer): Record<string, unknown> {
  const scopes = ["openid", "profile", "email", "offline_access"];
  return { issuer: server.issuer, client_id: PUBLIC_CLIENT, scopes };
}

/** Writes how the person likes to log in, by provider, so that a terminal does not ask. */
export async function prefer(
  sandbox: Sandbox,
  method: Readonly<Record<string, "device" | "paste">>,
): Promise<void> {
  await writeFile(join(sandbox.home, "config.json"), JSON.stringify({ method }), { mode: 0o600 });
}

/** Waits for the authorization address that a login prints. */
export async function readAddress(transcript: Transcript): Promise<URL> {
  const [, address = ""] = await transcript.waitFor(ADDRESS_LINE);
  return new URL(address);
}

/** Visits the redirect as a browser does, and gives the page at its end. */
export async function visit(redirect: string): Promise<string> {
  const response = await fetch(redirect, { redirect: "follow" });
  return await response.text();
}

/** Starts `keyfob login …` without a terminal, up to the printed address. */
export async function startLogin(
  sandbox: Sandbox,
  args: readonly string[],
  options: Omit<RunOptions, "input"> = {},
): Promise<{ running: Running; url: URL }> {
  const running = await sandbox.start(["login", ...args], options);
  return { running, url: await readAddress(running.stderr) };
}

/** Logs in by callback: a scripted person signs in, and a scripted browser follows the redirect. */
export async function logIn(
  sandbox: Sandbox,
  args: readonly string[],
  options: Omit<RunOptions, "input"> & { readonly person?: Person } = {},
): Promise<CallbackLogin> {
  const { person = ALICE, ...runOptions } = options;
  const { running, url } = await startLogin(sandbox, args, runOptions);
  await using _running = running;
  const redirect = await signIn(url.href, person);
  const page = await visit(redirect);
  return { ...(await running.outcome), url, redirect: new URL(redirect), page };
}

/** Starts a login that `finish` will complete. */
export async function begin(sandbox: Sandbox, args: readonly string[]): Promise<Begun> {
  const { stdout, stderr, status } = await sandbox.run(["login", ...args, "--begin"]);
  if (status !== 0) throw new Error(`login --begin ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Begun;
}

/** The access token that `keyfob token` prints. */
export async function readToken(sandbox: Sandbox, args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await sandbox.run(["token", ...args]);
  if (status !== 0) throw new Error(`token ended with ${status}: ${stderr}`);
  return stdout.replace(/\n$/, "");
}
