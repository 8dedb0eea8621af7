/**
 * The guided set-up: a provider without a client explains how to get one, takes it, and the login goes on.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { logIn, prefer, readAddress, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession, type Session } from "../drivers/terminal.ts";
import { GOOGLE_CLIENT, startGoogleServer, type GoogleServer } from "../servers/google.ts";
import { startOidcServer, PUBLIC_CLIENT } from "../servers/oidc.ts";
import { signIn } from "../servers/person.ts";

let server: GoogleServer;
let sandbox: Sandbox;

/** What a shell on a VPS has. */
const REMOTE = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", SSH_TTY: "/dev/pts/0" };

beforeEach(async () => {
  [server, sandbox] = await Promise.all([startGoogleServer(), createSandbox(REMOTE)]);
  await Bun.write(registryFile(), clientless(server), { mode: 0o600 });
  await prefer(sandbox, { acme: "paste" });
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function registryFile(): string {
  return join(sandbox.home, "providers.json");
}

/** A user's own file that moves the built-in entry to the stand-in, without a client. */
function clientless({ registry }: GoogleServer): string {
  const { google } = JSON.parse(registry).providers;
  const { client_id: _id, client_secret: _secret, ...endpoints } = google;
  return `// my providers\n${JSON.stringify({ providers: { google: endpoints } }, null, 2)}\n`;
}

async function paste(session: Session): Promise<void> {
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address/);
  await session.paste(await signIn(url.href));
  await session.transcript.waitFor(/Logged in to google as alice@example\.test/);
  expect(await session.exited).toBe(0);
}

test("Google: three lines explain it, id and secret are asked for, and the login goes on", async () => {
  await using session = await startSession(sandbox, ["login", "google"]);
  await session.transcript.waitFor(
    /1\. At https:\/\/console\.cloud\.google\.com\/apis\/credentials .*Desktop app/s,
  );
  await session.transcript.waitFor(/2\. .*http:\/\/127\.0\.0\.1/s);
  await session.transcript.waitFor(/3\. Copy its id and secret/);
  await session.transcript.waitFor(/Client id/);
  session.type(`${GOOGLE_CLIENT.id}\r`);
  await session.transcript.waitFor(/Client secret/);
  session.type(`${GOOGLE_CLIENT.secret}\r`);
  await paste(session);
  expect(session.transcript.raw).not.toContain(GOOGLE_CLIENT.secret);
  expect(await session.isRestored()).toBe(true);
  expect(server.accepts(await readToken(sandbox, ["google"]))).toBe(true);
});

test("the id lands in the user's registry with its comments kept, the secret sealed in the vault", async () => {
  await using session = await startSession(sandbox, ["login", "google"]);
  await session.transcript.waitFor(/Client id/);
  session.type(`${GOOGLE_CLIENT.id}\r`);
  await session.transcript.waitFor(/Client secret/);
  session.type(`${GOOGLE_CLIENT.secret}\r`);
  await paste(session);
  const text = await readFile(registryFile(), "utf8");
  expect(text).toStartWith("// my providers\n");
  expect(text).toContain(`"client_id": "${GOOGLE_CLIENT.id}"`);
  for (const name of await readdir(sandbox.home)) {
    const path = join(sandbox.home, name);
    expect([name, (await readFile(path)).includes(GOOGLE_CLIENT.secret)]).toEqual([name, false]);
    expect([name, (await stat(path)).mode & 0o077]).toEqual([name, 0]);
  }
  const { stdout } = await sandbox.run(["providers", "list", "google", "--json"]);
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ id: "google", ready: true }));
  // Nothing is asked a second time, and a refresh has the secret too.
  expect((await logIn(sandbox, ["google/work"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "google"])).status).toBe(0);
});

test("the downloaded file is taken by its path, after a path that leads nowhere", async () => {
  const path = join(sandbox.folder, "client_secret_1234.json");
  const installed = { client_id: GOOGLE_CLIENT.id, client_secret: GOOGLE_CLIENT.secret };
  await Bun.write(path, JSON.stringify({ installed }));
  await using session = await startSession(sandbox, ["login", "google"]);
  await session.transcript.waitFor(/Client id/);
  session.type("./nowhere.json\r");
  await session.transcript.waitFor(/Cannot take the client from ".\/nowhere\.json": it cannot be read/);
  await session.transcript.waitFor(/Client id/);
  session.type(`'${path}'\r`);
  await paste(session);
  expect(server.accepts(await readToken(sandbox, ["google"]))).toBe(true);
});

test("a client that is named by a flag is asked for its secret alone", async () => {
  await using session = await startSession(sandbox, ["login", "google", "--client-id", GOOGLE_CLIENT.id]);
  await session.transcript.waitFor(/Google wants the secret of its client/);
  await session.transcript.waitFor(/Client secret/);
  session.type(`${GOOGLE_CLIENT.secret}\r`);
  await paste(session);
  expect(session.transcript.text).not.toContain("Client id");
  expect(await readFile(registryFile(), "utf8")).not.toContain("client_id");
  expect((await sandbox.run(["refresh", "google"])).status).toBe(0);
});

test("an id without its secret is not ready, and says what is missing", async () => {
  await sandbox.run(["providers", "add", "google", "--client-id", GOOGLE_CLIENT.id]);
  const { stdout } = await sandbox.run(["providers", "list", "google"]);
  expect(stdout).toMatch(/google .* needs a secret/);
  const { stderr, status } = await sandbox.run(["login", "google"]);
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("none is set") });
});

test("without a terminal the same lines are the hint, and the exit status is 2", async () => {
  const { status, stderr, stdout } = await sandbox.run(["login", "google"]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(
    /At https:\/\/console\.cloud\.google\.com.*"Desktop app".*\n.*127\.0\.0\.1.*\n.*keyfob providers add google --client-id ID/,
  );
  const json = await sandbox.run(["login", "google", "--json"]);
  expect(json.status).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ event: "error", code: "no_client" });
});

test("a sealed secret never follows an edit to another origin; the refusal names both", async () => {
  await using session = await startSession(sandbox, ["login", "google"]);
  await session.transcript.waitFor(/Client id/);
  session.type(`${GOOGLE_CLIENT.id}\r`);
  await session.transcript.waitFor(/Client secret/);
  session.type(`${GOOGLE_CLIENT.secret}\r`);
  await paste(session);
  await using thief = await startGoogleServer();
  const moved = (await readFile(registryFile(), "utf8")).replace(
    `${server.origin}/token`,
    `${thief.origin}/token`,
  );
  await Bun.write(registryFile(), moved);
  const { status, stderr } = await sandbox.run(["login", "google/other", "--timeout", "2s"]);
  expect(status).toBe(2);
  expect(stderr).toContain(server.origin);
  expect(stderr).toContain(thief.origin);
  expect((await sandbox.run(["refresh", "google"])).status).toBe(2);
  expect(thief.calls).toEqual([]);
});

test("where a fixed port must be registered, the exact address is printed; a client without secret gives none", async () => {
  await using oidc = await startOidcServer();
  const redirect = { port: "registered" };
  await sandbox.writeRegistry({
    acme: { issuer: oidc.issuer, redirect, register_url: "https://acme.example/apps" },
  });
  await using session = await startSession(sandbox, ["login", "acme"]);
  await session.transcript.waitFor(/At https:\/\/acme\.example\/apps create a client/);
  await session.transcript.waitFor(
    /Register exactly this redirect address: http:\/\/127\.0\.0\.1:8976\/callback/,
  );
  await session.transcript.waitFor(/Client id/);
  session.type(`${PUBLIC_CLIENT}\r`);
  await session.transcript.waitFor(/leave empty/);
  session.type("\r");
  const url = await readAddress(session.transcript);
  expect(url.searchParams.get("client_id")).toBe(PUBLIC_CLIENT);
  expect(url.searchParams.get("redirect_uri")).toBe("http://127.0.0.1:8976/callback");
  session.type("\x03");
  expect(await session.exited).toBe(130);
});
