/**
 * Company networks: a proxy that alone knows the way, and a certificate authority of their own.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readAddress, readToken, visit } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { type ConnectProxy, startConnectProxy } from "../servers/connect_proxy.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { AUTHORITY_FILE, PRIVATE_NAME, PRIVATE_TLS } from "../servers/private_authority.ts";

let server: DeviceServer;
let proxy: ConnectProxy;

beforeAll(async () => {
  server = startDeviceServer({ origin: `https://${PRIVATE_NAME}`, tls: PRIVATE_TLS });
  proxy = await startConnectProxy({ [`${PRIVATE_NAME}:443`]: server.port });
});

beforeEach(() => {
  proxy.asked.length = 0;
  proxy.wantsPassword = false;
  server.seen.length = 0;
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function companyMachine(environment: Record<string, string> = {}): Promise<Sandbox> {
  const sandbox = await createSandbox({ HTTPS_PROXY: proxy.origin, ...environment });
  await sandbox.writeRegistry({ company: server.entry });
  return sandbox;
}

/** A login by callback: the person's browser is on this machine too, and loopback is never proxied. */
async function logInHere(sandbox: Sandbox, args: readonly string[] = []): Promise<Outcome> {
  await using running = await sandbox.start(["login", "company", ...args]);
  const { searchParams } = await readAddress(running.stderr);
  const redirect = new URL(searchParams.get("redirect_uri") ?? "");
  redirect.search = new URLSearchParams({ code: "c", state: searchParams.get("state") ?? "" }).toString();
  await visit(redirect.href);
  return await running.outcome;
}

describe("every request of a login and a refresh goes through the proxy and trusts the authority", () => {
  test.each([
    ["--ca FILE", ["--ca", AUTHORITY_FILE], {}],
    ["NODE_EXTRA_CA_CERTS", [], { NODE_EXTRA_CA_CERTS: AUTHORITY_FILE }],
    ["SSL_CERT_FILE", [], { SSL_CERT_FILE: AUTHORITY_FILE }],
    ["--ca FILE besides a stale SSL_CERT_FILE", ["--ca", AUTHORITY_FILE], { SSL_CERT_FILE: "/gone.pem" }],
  ])("by %s", async (_name, args, environment) => {
    await using sandbox = await companyMachine(environment);
    expect(await logInHere(sandbox, args)).toMatchObject({ status: 0 });
    expect((await sandbox.run(["refresh", "company"])).status).toBe(0);
    expect(await readToken(sandbox, ["company"])).toStartWith("access-");
    expect(server.seen).toEqual(["authorization_code", "refresh_token"]);
    expect(proxy.asked).toEqual([`${PRIVATE_NAME}:443`, `${PRIVATE_NAME}:443`]);
  });

  test("a device code too", async () => {
    await using sandbox = await companyMachine();
    const args = ["login", "company", "--method", "device", "--ca", AUTHORITY_FILE];
    await using running = await sandbox.start(args);
    await running.stderr.waitFor(/WDJB-MJHT/);
    server.decide("approve");
    expect((await running.outcome).status).toBe(0);
    expect(proxy.asked.length).toBeGreaterThan(1);
  });
});

describe("what is wrong is said", () => {
  test("an authority that nobody gave: exit 3 and how to give it", async () => {
    await using sandbox = await companyMachine();
    const { status, stderr } = await logInHere(sandbox);
    expect(status).toBe(3);
    expect(stderr).toContain("--ca FILE or NODE_EXTRA_CA_CERTS");
  });

  test("a stale SSL_CERT_FILE is named", async () => {
    await using sandbox = await companyMachine({ SSL_CERT_FILE: "/gone.pem" });
    const { status, stderr } = await logInHere(sandbox);
    expect(status).toBe(3);
    expect(stderr).toContain(
      'SSL_CERT_FILE names "/gone.pem", which holds no certificates: correct or unset it',
    );
  });

  test("a file for --ca that holds no certificate: exit 2", async () => {
    await using sandbox = await companyMachine();
    const path = join(sandbox.folder, "empty.pem");
    await Bun.write(path, "nothing\n");
    const { status, stderr } = await sandbox.run(["login", "company", "--ca", path]);
    expect({ status, named: stderr.includes(`"${path}"`) }).toEqual({ status: 2, named: true });
  });

  test("a proxy that wants a password, and the message does not repeat the one it was given", async () => {
    proxy.wantsPassword = true;
    const withUser = proxy.origin.replace("http://", "http://user:hush@");
    await using sandbox = await companyMachine({ HTTPS_PROXY: withUser });
    const { status, stderr } = await logInHere(sandbox, ["--ca", AUTHORITY_FILE]);
    expect(status).toBe(3);
    expect(stderr).toContain(`through the proxy "${new URL(proxy.origin).host}" (HTTPS_PROXY)`);
    expect(stderr).toContain("407");
    expect(stderr).not.toContain("hush");
  });

  test("a proxy that is not there", async () => {
    await using sandbox = await companyMachine({ HTTPS_PROXY: "http://127.0.0.1:9" });
    const { status, stderr } = await logInHere(sandbox, ["--ca", AUTHORITY_FILE]);
    expect(status).toBe(3);
    expect(stderr).toContain('through the proxy "127.0.0.1:9" (HTTPS_PROXY): nothing answers there');
  });

  test.each(["socks://127.0.0.1:1080", "socks5h://127.0.0.1:1080"])(
    "%s is refused: exit 2",
    async (address) => {
      await using sandbox = await companyMachine({ HTTPS_PROXY: address });
      const { status, stderr } = await logInHere(sandbox);
      expect(status).toBe(2);
      expect(stderr).toContain("keyfob speaks to HTTP proxies only");
    },
  );
});

test("NO_PROXY goes around the proxy", async () => {
  await using sandbox = await companyMachine({ NO_PROXY: ".example.test" });
  const { status, stderr } = await logInHere(sandbox, ["--ca", AUTHORITY_FILE]);
  // Without the proxy nobody knows the name.
  expect(status).toBe(3);
  expect(stderr).toContain("the name does not resolve");
  expect(proxy.asked).toEqual([]);
});
