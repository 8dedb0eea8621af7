/**
 * `keyfob doctor` on machines with something wrong: each finding names its fix.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

interface Check {
  readonly subject: string;
  readonly state: "good" | "note" | "bad";
  readonly message: string;
  readonly fix: string | null;
}

interface Report {
  readonly status: number;
  readonly machine: { readonly browser: boolean; readonly remote: boolean; readonly reasons: string[] };
  readonly key_source: string | null;
  readonly checks: readonly Check[];
}

let server: DeviceServer;

beforeAll(() => {
  server = startDeviceServer();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function machine(
  entry: Record<string, unknown> = {},
  environment: Record<string, string> = {},
): Promise<Sandbox> {
  const sandbox = await createSandbox(environment);
  await sandbox.writeRegistry({ local: { ...server.entry, ...entry } });
  return sandbox;
}

async function examine(sandbox: Sandbox, environment: Record<string, string> = {}): Promise<Report> {
  const { stdout, status } = await sandbox.run(["doctor", "local", "--json"], { environment });
  return { status, ...JSON.parse(stdout) };
}

function find({ checks }: Report, subject: string): Check {
  const found = checks.find((check) => check.subject === subject);
  if (found === undefined) throw new Error(`nothing about "${subject}" in ${JSON.stringify(checks)}`);
  return found;
}

test("a machine where everything works: verdict with reasons, key, store, ports, way and clock; exit 0", async () => {
  await using sandbox = await machine({}, { SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22" });
  await logIn(sandbox, ["local"]);
  const report = await examine(sandbox);
  expect(report.status).toBe(0);
  expect(report.machine).toEqual({ browser: false, remote: true, reasons: ["you are connected over SSH"] });
  expect(report.key_source).toContain(join(sandbox.home, "key"));
  expect(find(report, "store").message).toContain("1 account in");
  expect(find(report, "ports of local").message).toBe("any free one will do");
  expect(find(report, "clock against local").state).toBe("good");
  expect(report.checks.filter(({ state }) => state === "bad")).toEqual([]);
});

test("for people: one line a finding and its fix, on standard output", async () => {
  await using sandbox = await machine({ token_endpoint: "http://127.0.0.1:9/token" });
  const { stdout, stderr, status } = await sandbox.run(["doctor", "local"]);
  expect(status).toBe(1);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^ok machine: .+$/m);
  expect(stdout).toMatch(/^!! way to local: Cannot reach .+: nothing answers there\n {3}fix: .+$/m);
});

test("a port that a stranger holds is named with its holder", async () => {
  using held = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  await using sandbox = await machine({ redirect: { port: Number(held.port) } });
  const { state, message, fix } = find(await examine(sandbox), "ports of local");
  expect({ state, message }).toEqual({
    state: "note",
    message: `${held.port} held by "bun" (process ${process.pid}), or not allowed here`,
  });
  expect(fix).toContain("--method paste");
});

test("a clock that is off is told from the provider's Date header", async () => {
  using late = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("{}", { headers: { date: new Date(Date.now() - 600_000).toUTCString() } }),
  });
  await using sandbox = await machine({ jwks_uri: `http://127.0.0.1:${late.port}/keys` });
  const report = await examine(sandbox);
  expect(report.status).toBe(1);
  const { state, message, fix } = find(report, "clock against local");
  expect(state).toBe("bad");
  expect(message).toMatch(/^this machine is (?:599|600|601) seconds ahead$/);
  expect(fix).toContain("timedatectl");
});

test("a key that does not fit the store", async () => {
  await using sandbox = await machine();
  await logIn(sandbox, ["local"]);
  await writeFile(join(sandbox.home, "key"), Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
  const report = await examine(sandbox);
  expect({ status: report.status, key: report.key_source }).toEqual({ status: 1, key: null });
  const { state, message, fix } = find(report, "store");
  expect({ state, hasFix: fix !== null }).toEqual({ state: "bad", hasFix: true });
  expect(message).toContain("does not fit");
});

test("a broken registry entry with its place", async () => {
  await using sandbox = await machine();
  await sandbox.writeRegistry({ local: server.entry, other: { token_endpoint: "http://example.com/" } });
  const { state, message } = find(await examine(sandbox), "registry");
  expect(state).toBe("bad");
  expect(message).toMatch(/providers\.json:1:\d+: /);
});

test("damaged stores that were kept aside are told with time, size and what to do, and are no failure", async () => {
  await using sandbox = await machine();
  await logIn(sandbox, ["local"]);
  const kept = join(sandbox.home, "vault.db.damaged-20261122T180512Z");
  await writeFile(kept, Buffer.alloc(5000), { mode: 0o600 });
  await writeFile(`${kept}-wal`, Buffer.alloc(5000), { mode: 0o600 });
  await writeFile(`${kept}-2`, "", { mode: 0o600 });
  await writeFile(join(sandbox.home, "vault.db.damaged-tomorrow"), "", { mode: 0o600 });
  const report = await examine(sandbox);
  expect(report.status).toBe(0);
  expect(report.checks.filter(({ message }) => message.includes("kept aside"))).toEqual([
    {
      subject: "store",
      state: "note",
      message: `a damaged one was kept aside at 2026-11-22T18:05:12Z, 10 KiB: "${kept}"`,
      fix: expect.stringContaining("once no login is missing, delete it"),
    },
    expect.objectContaining({
      message: `a damaged one was kept aside at 2026-11-22T18:05:12Z, 0 KiB: "${kept}-2"`,
    }),
  ]);
  const { stdout, status } = await sandbox.run(["doctor", "local"]);
  expect(status).toBe(0);
  expect(stdout).toContain(
    `-- store: a damaged one was kept aside at 2026-11-22T18:05:12Z, 10 KiB: "${kept}"\n`,
  );
});

test("a damaged store that a login kept aside is told of, also where the new one cannot be opened", async () => {
  await using sandbox = await machine();
  await writeFile(join(sandbox.home, "vault.db"), "no database at all", { mode: 0o600 });
  await logIn(sandbox, ["local"]);
  await writeFile(join(sandbox.home, "key"), Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
  const report = await examine(sandbox);
  expect(report.status).toBe(1);
  expect(find(report, "store").state).toBe("bad");
  const [kept, ...more] = report.checks.filter(({ message }) => message.includes("kept aside"));
  expect([kept?.state, more]).toEqual(["note", []]);
});

test("settings that are not JSON", async () => {
  await using sandbox = await machine();
  await writeFile(join(sandbox.home, "config.json"), "{", { mode: 0o600 });
  expect(find(await examine(sandbox), "config.json").state).toBe("bad");
});

test("a proxy that cannot be spoken to, and certificates that are gone", async () => {
  await using sandbox = await machine();
  const report = await examine(sandbox, { ALL_PROXY: "socks5://127.0.0.1:1080", SSL_CERT_FILE: "/gone.pem" });
  expect(find(report, "proxy")).toMatchObject({
    state: "bad",
    fix: expect.stringContaining("ALL_PROXY=http://"),
  });
  expect(find(report, "certificates")).toMatchObject({
    state: "note",
    fix: "correct or unset SSL_CERT_FILE",
  });
});

test("a browser that ought to open, and nothing to open it with", async () => {
  await using sandbox = await machine({}, { DISPLAY: ":0", PATH: "/nowhere" });
  expect(find(await examine(sandbox), "browser")).toMatchObject({
    state: "note",
    fix: expect.stringContaining("xdg-utils"),
  });
});

test("an account that is named: who it is, or that nobody is logged in as that, with the login command", async () => {
  await using sandbox = await machine();
  await logIn(sandbox, ["local/work"]);
  const about = async (account: string, environment: Record<string, string> = {}): Promise<unknown[]> => {
    const { stdout, status } = await sandbox.run(["doctor", account, "--json"], { environment });
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    return [status, ...checks.filter(({ subject }) => subject.startsWith("account "))];
  };
  expect(await about("local")).toEqual([0]);
  expect(await about("local/work")).toEqual([
    0,
    expect.objectContaining({ subject: "account local/work", state: "good" }),
  ]);
  expect(await about("local/nope")).toEqual([
    0,
    {
      subject: "account local/nope",
      state: "note",
      message: "nobody is logged in by this name",
      fix: expect.stringContaining("keyfob login local/nope"),
    },
  ]);
  expect(await about("local/default", { KEYFOB_TOKEN_LOCAL: "t" })).toEqual([
    0,
    expect.objectContaining({ subject: "account local", state: "good" }),
  ]);
});

test("a named account that was exported is told of", async () => {
  await using sandbox = await machine();
  await using other = await machine();
  await logIn(sandbox, ["local/work"]);
  const key = (await other.run(["key", "show"])).stdout.trim();
  expect((await sandbox.run(["export", "local/work", "--to", key])).status).toBe(0);
  const { stdout, status } = await sandbox.run(["doctor", "local/work"]);
  expect(status).toBe(0);
  expect(stdout).toContain("-- account local/work: it was exported and belongs to another machine now\n");
  expect(stdout).toContain("keyfob export local/work --cancel");
});

test("a named account whose login the provider has ended is told of, with the login command", async () => {
  using tokens = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) =>
      new URLSearchParams(await request.text()).get("grant_type") === "refresh_token"
        ? Response.json({ error: "invalid_grant" }, { status: 400 })
        : Response.json({ access_token: "a", token_type: "Bearer", expires_in: 3600, refresh_token: "r" }),
  });
  await using sandbox = await machine({ token_endpoint: `http://127.0.0.1:${tokens.port}/token` });
  await logIn(sandbox, ["local/work"]);
  expect((await sandbox.run(["refresh", "local/work"])).status).toBe(4);
  const { stdout, status } = await sandbox.run(["doctor", "local/work", "--json"]);
  const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
  expect(status).toBe(1);
  expect(checks.find(({ subject }) => subject === "account local/work")).toMatchObject({
    state: "bad",
    fix: "keyfob login local/work",
  });
});

test("a provider that does not exist is a usage error", async () => {
  await using sandbox = await machine();
  expect((await sandbox.run(["doctor", "loca"])).status).toBe(2);
});

test.each(["doctor", "providers check"])("%s tells once of a file that is not used", async (line) => {
  await using sandbox = await createSandbox();
  const path = join(sandbox.home, "providers.json");
  await Bun.write(path, '{ "providers": {', { mode: 0o600 });
  const { stdout, stderr } = await sandbox.run(line.split(" "));
  expect((stdout + stderr).split(path).length - 1).toBe(1);
});
