/**
 * Asking the endpoints of the registry whether they are alive.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Headers;
}

let sandbox: Sandbox;
let seen: Seen[];
let [busy, busiest] = [0, 0];
let server: ReturnType<typeof startServer>;

/** A provider that is alive where its path says so; other paths are the status to answer with. */
function startServer() {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, origin } = new URL(request.url);
      seen.push({
        method: request.method,
        path: pathname,
        body: await request.text(),
        headers: request.headers,
      });
      busiest = Math.max(busiest, ++busy);
      await Bun.sleep(10);
      busy -= 1;
      if (pathname === "/.well-known/oauth-authorization-server") {
        return Response.json({
          issuer: origin,
          token_endpoint: `${origin}/other/token`,
          jwks_uri: `${origin}/200`,
        });
      }
      if (pathname === "/away") return Response.redirect("https://elsewhere.example/", 302);
      return new Response("", { status: Number(/\/(\d{3})$/.exec(pathname)?.[1] ?? 400) });
    },
  });
}

beforeEach(async () => {
  seen = [];
  [busy, busiest] = [0, 0];
  server = startServer();
  sandbox = await createSandbox();
});

afterEach(async () => {
  await server.stop(true);
  await sandbox[Symbol.asyncDispose]();
});

function origin(): string {
  return `http://127.0.0.1:${server.port}`;
}

function entry(paths: Readonly<Record<string, string>>): Record<string, unknown> {
  const endpoints = Object.entries(paths).map(([name, path]) => [name, origin() + path]);
  return {
    authorization_endpoint: `${origin()}/ok`,
    token_endpoint: `${origin()}/ok`,
    ...Object.fromEntries(endpoints),
  };
}

async function check(only: readonly string[], ...more: string[]) {
  const flags = only.flatMap((id) => ["--only", id]);
  const { stdout, stderr, status } = await sandbox.run([
    "providers",
    "check",
    "--online",
    ...flags,
    ...more,
    "--json",
  ]);
  return { status, stderr, answer: JSON.parse(stdout) };
}

test("a secret in the query of an endpoint that is gone or leads away is not shown", async () => {
  await sandbox.writeRegistry({
    dead: entry({ token_endpoint: "/404?api_key=hush", revocation_endpoint: "/away?v=1&api_key=hush" }),
  });
  const { status, answer } = await check(["dead"]);
  expect(status).toBe(1);
  expect(JSON.stringify(answer)).not.toContain("hush");
  expect(answer.error.findings.map(({ url }: Record<string, string>) => url).sort()).toEqual([
    `${origin()}/404?api_key=***`,
    `${origin()}/away?v=1&api_key=***`,
  ]);
});

test("endpoints that are gone fail the check, each by name and reason", async () => {
  await sandbox.writeRegistry({
    alive: entry({ jwks_uri: "/200", userinfo_endpoint: "/401", revocation_endpoint: "/405" }),
    dead: entry({ token_endpoint: "/404", userinfo_endpoint: "/410", revocation_endpoint: "/away" }),
    tired: entry({ token_endpoint: "/503" }),
  });
  const { status, answer } = await check(["alive", "dead", "tired"]);
  expect(status).toBe(1);
  expect(answer.error.code).toBe("endpoints_dead");
  const found = answer.error.findings.map(({ provider, field, kind }: Record<string, string>) => [
    provider,
    field,
    kind,
  ]);
  expect(found.sort()).toEqual([
    ["dead", "revocation_endpoint", "dead"],
    ["dead", "token_endpoint", "dead"],
    ["dead", "userinfo_endpoint", "dead"],
    ["tired", "token_endpoint", "unreachable"],
  ]);
});

test("a host where nobody answers is dead while others answer", async () => {
  await sandbox.writeRegistry({ acme: { ...entry({}), token_endpoint: "http://127.0.0.1:1/token" } });
  const { status, answer } = await check(["acme"]);
  expect(status).toBe(1);
  expect(answer.error.findings).toMatchObject([{ field: "token_endpoint", kind: "dead" }]);
});

test("a sign-in page may redirect", async () => {
  await sandbox.writeRegistry({ acme: entry({ authorization_endpoint: "/away" }) });
  expect(await check(["acme"])).toMatchObject({ status: 0, answer: [] });
});

test("what metadata says otherwise is told and is no failure", async () => {
  await sandbox.writeRegistry({ acme: { ...entry({ jwks_uri: "/200" }), issuer: origin() } });
  const { status, answer } = await check(["acme"]);
  expect(status).toBe(0);
  expect(answer).toEqual([
    {
      provider: "acme",
      field: "token_endpoint",
      url: `${origin()}/ok`,
      kind: "differs",
      message: `metadata says ${origin()}/other/token`,
    },
  ]);
});

test("nothing that is sent holds a credential or could change anything", async () => {
  const client = { client_id: "my-id", client_secret: "my-secret" };
  const touching = { registration_endpoint: "/ok/register", device_authorization_endpoint: "/ok/device" };
  const steps = { whoami: { endpoint: `${origin()}/ok/whoami`, method: "DELETE", auth: "bearer" } };
  await sandbox.writeRegistry({ acme: { ...entry(touching), ...client, ...steps } });
  expect((await check(["acme"])).status).toBe(0);
  expect(seen.length).toBeGreaterThan(3);
  for (const { method, path, body, headers } of seen) {
    expect([path, body, headers.get("authorization"), headers.get("cookie")]).toEqual([path, "", null, null]);
    expect(["GET", "POST"]).toContain(method);
    if (path === "/ok/register" || path === "/ok/whoami") expect([path, method]).toEqual([path, "GET"]);
  }
});

test("at most eight are asked at once", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`acme-${index}`, entry({ token_endpoint: `/ok/${index}x` })]),
  );
  await sandbox.writeRegistry(many);
  expect((await check(Object.keys(many))).status).toBe(0);
  expect(busiest).toBeGreaterThan(4);
  expect(busiest).toBeLessThanOrEqual(8);
});

test("where nobody can be reached the network is to blame: exit 3", async () => {
  await sandbox.writeRegistry({ acme: entry({}) });
  await server.stop(true);
  const { status, answer } = await check(["acme"]);
  expect({ status, code: answer.error.code }).toEqual({ status: 3, code: "endpoints_unreachable" });
});

test("a file of its own is asked about its own entries", async () => {
  const path = join(sandbox.folder, "theirs.json");
  await Bun.write(path, JSON.stringify({ providers: { theirs: entry({ token_endpoint: "/404" }) } }), {
    mode: 0o600,
  });
  const { status, answer } = await check([], path);
  expect(status).toBe(1);
  expect(answer.error.findings).toMatchObject([{ provider: "theirs", field: "token_endpoint" }]);
});

test("an unknown provider is refused, and a broken registry is told before anybody is asked", async () => {
  expect(await check(["nobody"])).toMatchObject({
    status: 2,
    answer: { error: { code: "unknown_provider" } },
  });
  await sandbox.writeRegistry({ acme: { ...entry({}), pkce: "perhaps" } });
  expect(await check(["acme"])).toMatchObject({
    status: 2,
    answer: { error: { code: "registry_problems" } },
  });
  expect(seen).toEqual([]);
});

test("for a person, every finding is a line on standard error", async () => {
  await sandbox.writeRegistry({ dead: entry({ token_endpoint: "/404" }) });
  const { status, stdout, stderr } = await sandbox.run(["providers", "check", "--online", "--only", "dead"]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(`dead: token_endpoint ${origin()}/404: dead: it answers 404`);
  expect(stderr).toContain("Asking the endpoints of 1 provider, without credentials");
});

test("one question is counted as one, two as two", async () => {
  await sandbox.writeRegistry({ one: entry({}), two: entry({ token_endpoint: "/200" }) });
  const said = async (id: string): Promise<string> =>
    (await sandbox.run(["providers", "check", "--online", "--only", id])).stderr;
  expect(await said("one")).toContain("1 question asked; nothing is dead");
  expect(await said("two")).toContain("2 questions asked; nothing is dead");
});
