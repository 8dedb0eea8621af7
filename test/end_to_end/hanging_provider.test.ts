/**
 * A provider that takes requests and never answers: neither a signal nor a time-out waits for it.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { begin, logIn } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

/** Milliseconds in which a program ends that waits for nothing. */
const AT_ONCE = 3000;

/** Longer than any test takes. */
const FOR_EVER = 120_000;

let server: DeviceServer;
let sandbox: Sandbox;

beforeEach(async () => {
  server = startDeviceServer();
  sandbox = await createSandbox();
  const { authorization_endpoint: _address, ...unknown } = server.entry;
  await sandbox.writeRegistry({
    // Endpoints that metadata must tell, and such as are known without.
    hang: { ...unknown, issuer: server.origin },
    quick: { ...server.entry, issuer: server.origin },
  });
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** The status of a run that is interrupted while it waits for metadata. */
async function interrupt(args: readonly string[], input?: string): Promise<number> {
  const before = server.metadataAsked;
  server.metadataMilliseconds = FOR_EVER;
  await using running = await sandbox.start(args);
  if (input !== undefined) running.write(input);
  running.endInput();
  while (server.metadataAsked === before) await Bun.sleep(20);
  const begun = performance.now();
  running.signal("SIGINT");
  const { status } = await running.outcome;
  expect(performance.now() - begun).toBeLessThan(AT_ONCE);
  server.metadataMilliseconds = 0;
  return status;
}

describe("ctrl-C ends at once, with 130,", () => {
  test.each([
    ["a login", ["login", "hang"]],
    ["a login that is begun", ["login", "hang", "--begin"]],
    ["a device login that is begun", ["login", "quick", "--begin", "--method", "device"]],
  ])("%s", async (_what, args) => {
    expect(await interrupt(args)).toBe(130);
  });

  test("the finishing of a begun login, which stays open", async () => {
    const { redirect_uri: redirectUri, state } = await begin(sandbox, ["quick"]);
    const answer = `${redirectUri}?code=authorization-code-0001&state=${state}`;
    expect(await interrupt(["finish"], answer)).toBe(130);
    expect((await sandbox.run(["finish"], { input: answer })).status).toBe(0);
  });

  test("a logout, which keeps the account", async () => {
    await logIn(sandbox, ["quick"]);
    expect(await interrupt(["logout", "quick"])).toBe(130);
    expect((await sandbox.run(["token", "quick"])).status).toBe(0);
  });
});

test.each([
  ["preparing a login", ["login", "hang"]],
  ["beginning a login", ["login", "hang", "--begin"]],
  ["preparing a device login", ["login", "hang", "--method", "device"]],
])("--timeout ends %s, with 124", async (_what, args) => {
  server.metadataMilliseconds = FOR_EVER;
  const begun = performance.now();
  const { status, stderr } = await sandbox.run([...args, "--timeout", "1s"]);
  expect(status).toBe(124);
  expect(stderr).toContain("the provider did not answer within 1s");
  expect(performance.now() - begun).toBeLessThan(1000 + AT_ONCE);
});

test("--timeout ends the asking for a device code, with 124", async () => {
  await using hole = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Promise(() => {}) });
  const silent = `http://127.0.0.1:${hole.port}/device_authorization`;
  await sandbox.writeRegistry({ codes: { ...server.entry, device_authorization_endpoint: silent } });
  const { status, stderr } = await sandbox.run(["login", "codes", "--method", "device", "--timeout", "1s"]);
  expect(status).toBe(124);
  expect(stderr).toContain("the provider did not answer within 1s");
});

describe("--timeout bounds a slow preparation and the wait after it together,", () => {
  /** Milliseconds that the whole of a login with `--timeout 3s` took. */
  async function spend(args: readonly string[], says: RegExp): Promise<number> {
    const begun = performance.now();
    const { status, stderr } = await sandbox.run(["login", ...args, "--timeout", "3s"]);
    expect(stderr).toMatch(says);
    expect(status).toBe(124);
    return performance.now() - begun;
  }

  test("by an address", async () => {
    await using slow = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async ({ url }) => {
        await Bun.sleep(2000);
        const issuer = new URL(url).origin;
        return Response.json({
          issuer,
          authorization_endpoint: `${issuer}/a`,
          token_endpoint: `${issuer}/t`,
        });
      },
    });
    const issuer = `http://127.0.0.1:${slow.port}`;
    await sandbox.writeRegistry({ slow: { issuer, client_id: "client", scopes: ["read"] } });
    expect(await spend(["slow"], /open this address[^]*no answer came within 3s/)).toBeWithin(2900, 4700);
  });

  test("by a device code", async () => {
    // It is asked for at two addresses.
    server.metadataMilliseconds = 1000;
    const took = await spend(["quick", "--method", "device"], /WDJB-MJHT[^]*nobody approved .* within 3s/);
    expect(took).toBeWithin(2900, 4700);
  });
});
