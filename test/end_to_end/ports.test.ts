/**
 * Ports that are held, forbidden, published or forwarded: no login gets stuck on one.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, chown } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { readAddress, readToken, startLogin, visit } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { signIn } from "../servers/person.ts";

const NOBODY = 65_534;

let server: DeviceServer;
let port: number;

beforeAll(() => {
  server = startDeviceServer();
  port = freePort();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A port that was free a moment ago. */
function freePort(): number {
  using found = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  return Number(found.port);
}

async function sandboxWithPort(wanted: number = port): Promise<Sandbox> {
  const sandbox = await createSandbox();
  const { device_authorization_endpoint: _device, ...entry } = server.entry;
  await sandbox.writeRegistry({ fixed: { ...entry, redirect: { port: wanted } } });
  return sandbox;
}

test("an older login gives the port up, says so, and goes on with pasting", async () => {
  await using sandbox = await sandboxWithPort();
  await using older = await startSession(sandbox, ["login", "fixed/older"]);
  const olderUrl = await readAddress(older.transcript);
  await older.transcript.waitFor(/Paste the address here/);
  older.type("half");

  const { running: newer, url } = await startLogin(sandbox, ["fixed/newer"]);
  await using _newer = newer;
  expect(new URL(url.searchParams.get("redirect_uri") ?? "").port).toBe(String(port));
  await older.transcript.waitFor(
    /Another login needs port \d+ and has it now; paste the answer here instead/,
  );
  // What was typed is still there.
  await older.transcript.waitFor(/half/);
  await visit(await signIn(url.href));
  expect((await newer.outcome).status).toBe(0);

  older.type("\x15");
  await older.paste(await signIn(olderUrl.href));
  expect(await older.exited).toBe(0);
  expect(await older.isRestored()).toBe(true);
  expect(await readToken(sandbox, ["fixed/older"])).not.toBe(await readToken(sandbox, ["fixed/newer"]));
});

test("an older login with no other way left ends with a reason when its port is taken over", async () => {
  await using sandbox = await sandboxWithPort();
  const { running: older } = await startLogin(sandbox, ["fixed/older"]);
  await using _older = older;
  older.endInput();
  const { running: newer } = await startLogin(sandbox, ["fixed/newer"]);
  await using _newer = newer;
  const { status, stderr } = await older.outcome;
  expect(status).toBe(4);
  expect(stderr).toContain("Another login needs port");
});

test("nobody without our data folder can make a login give its port up", async () => {
  await using sandbox = await sandboxWithPort();
  await using stranger = await sandboxWithPort();
  const { running, url } = await startLogin(sandbox, ["fixed"]);
  await using _running = running;
  const address = `http://127.0.0.1:${port}/keyfob/step-aside`;
  const proof = { "keyfob-time": String(Date.now()), "keyfob-proof": "guessed" };
  expect((await fetch(address, { method: "POST", headers: proof })).status).toBe(404);
  expect((await fetch(address, { method: "POST" })).status).toBe(404);
  // Another person's login: the port stays, and theirs goes on without it.
  const { running: other } = await startLogin(stranger, ["fixed"]);
  await using _other = other;
  await visit(await signIn(url.href));
  expect((await running.outcome).status).toBe(0);
});

test("a stranger on the port is named with process and name, and pasting goes on", async () => {
  await using sandbox = await sandboxWithPort();
  using held = Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response("somebody else") });
  expect(held.port).toBe(port);
  const { running, url } = await startLogin(sandbox, ["fixed"]);
  await using _running = running;
  expect(running.stderr.text).toContain(`held by "bun" (process ${process.pid}); paste the answer instead`);
  running.write(`${await signIn(url.href)}\n`);
  expect((await running.outcome).status).toBe(0);
});

test("a port that only root may have is busy like any other, and pasting goes on", async () => {
  expect(userInfo().uid).toBe(0);
  await using sandbox = await sandboxWithPort(80);
  await chmod(sandbox.folder, 0o755);
  await Promise.all(
    [sandbox.home, `${sandbox.home}/providers.json`, sandbox.workFolder, `${sandbox.folder}/home`].map(
      (path) => chown(path, NOBODY, NOBODY),
    ),
  );
  const through = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all"];
  const { running, url } = await startLogin(sandbox, ["fixed"], { through });
  await using _running = running;
  expect(running.stderr.text).toContain("taken or not allowed");
  running.write(`${await signIn(url.href)}\n`);
  expect((await running.outcome).status).toBe(0);
});

test("--bind listens for a published container port, warns, and checks the Host all the same (STANDARDS 71)", async () => {
  await using sandbox = await sandboxWithPort();
  const { running, url } = await startLogin(sandbox, ["fixed", "--bind", "0.0.0.0"]);
  await using _running = running;
  expect(running.stderr.text).toContain('Listening on "0.0.0.0" too');
  expect(await rawStatus("127.0.0.2", `evil.example:${port}`, "/callback?code=x&state=y")).toBe(400);
  await visit(await signIn(url.href));
  expect((await running.outcome).status).toBe(0);
});

test("--redirect-uri: a web address that forwards here is sent, and its Host is let in", async () => {
  await using sandbox = await sandboxWithPort("any" as unknown as number);
  const redirectUri = "https://login.example.test/oauth/back";
  const args = ["fixed", "--redirect-uri", redirectUri, "--port", String(port)];
  const { running, url } = await startLogin(sandbox, args);
  await using _running = running;
  expect(url.searchParams.get("redirect_uri")).toBe(redirectUri);
  const { pathname, search } = new URL(await signIn(url.href));
  expect(await rawStatus("127.0.0.1", "evil.example", pathname + search)).toBe(400);
  expect(await rawStatus("127.0.0.1", "login.example.test", pathname + search)).toBe(303);
  expect((await running.outcome).status).toBe(0);
});

test("a port held in one address family does not fail the other (STANDARDS 4)", async () => {
  await using sandbox = await createSandbox();
  const { device_authorization_endpoint: _device, ...entry } = server.entry;
  await sandbox.writeRegistry({ fixed: { ...entry, redirect: { host: "localhost", port } } });
  using _held = Bun.serve({ hostname: "::1", port, fetch: () => new Response("somebody else") });
  const { running, url } = await startLogin(sandbox, ["fixed"]);
  await using _running = running;
  const redirect = new URL(await signIn(url.href));
  redirect.hostname = "127.0.0.1";
  await visit(redirect.href);
  expect((await running.outcome).status).toBe(0);
});

/** The status of a GET with a Host of our choice. */
async function rawStatus(address: string, host: string, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect({ host: address, port });
  socket.once("error", reject);
  socket.once("data", (data) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1])));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const status = await promise;
  socket.destroy();
  return status;
}
