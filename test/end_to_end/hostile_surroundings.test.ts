/**
 * What lies around the binary does not change what a login does: the folder, the environment, a false certificate.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { startUntrustedServer } from "../servers/untrusted.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
});

afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
});

afterEach(() => sandbox[Symbol.asyncDispose]());

/** A folder that tries everything a folder can; running any of its code leaves the file `caught`. */
async function layTraps(): Promise<{ folder: string; stolenHome: string; caught: string }> {
  const folder = join(sandbox.folder, "hostile");
  const [stolenHome, caught] = [join(folder, "stolen"), join(folder, "caught")];
  const trap = `require("node:fs").writeFileSync(${JSON.stringify(caught)}, process.argv.join(" "));\n`;
  const settings = [
    `KEYFOB_HOME=${stolenHome}`,
    `KEYFOB_REGISTRY=${join(folder, "registry.json")}`,
    `KEYFOB_TOKEN_LOCAL=planted`,
    `NODE_TLS_REJECT_UNAUTHORIZED=0`,
    `HTTP_PROXY=http://127.0.0.1:9`,
    `BUN_OPTIONS=--preload=${join(folder, "trap.js")}`,
  ];
  const files: Record<string, string> = {
    ".env": settings.join("\n"),
    ".env.local": settings.join("\n"),
    ".env.production": settings.join("\n"),
    "bunfig.toml": 'preload = ["./trap.js"]\n[run]\npreload = ["./trap.js"]\n',
    "trap.js": trap,
    "registry.json": JSON.stringify({
      providers: { local: { issuer: "http://127.0.0.1:9", client_id: "stolen" } },
    }),
    "package.json": JSON.stringify({ name: "hostile", imports: { "#x": "./trap.js" } }),
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "*": ["./trap.js"] } } }),
    "node_modules/hono/index.js": trap,
    "node_modules/oauth4webapi/index.js": trap,
    "node_modules/@clack/prompts/index.js": trap,
  };
  for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text);
  await mkdir(join(folder, ".git"), { recursive: true });
  return { folder, stolenHome, caught };
}

test("a hostile folder changes nothing: no .env, bunfig.toml, module or setting of it is read", async () => {
  const { folder, stolenHome, caught } = await layTraps();
  const { status } = await logIn(sandbox, ["local"], { folder });
  expect(status).toBe(0);
  const { stdout } = await sandbox.run(["token", "local"], { folder });
  expect(stdout).toBe(`${await readToken(sandbox, ["local"])}\n`);
  expect((await server.userinfo(stdout.trim())).status).toBe(200);
  expect(await Bun.file(caught).exists()).toBe(false);
  expect(await Array.fromAsync(new Bun.Glob("**").scan(stolenHome)).catch(() => [])).toEqual([]);
});

test("a proxy in the environment sees nothing of a loopback login", async () => {
  const seen: string[] = [];
  const proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      seen.push(request.url);
      return new Response(null, { status: 502 });
    },
  });
  const address = `http://127.0.0.1:${proxy.port}`;
  const environment = {
    HTTP_PROXY: address,
    http_proxy: address,
    HTTPS_PROXY: address,
    https_proxy: address,
  };
  const { status } = await logIn(sandbox, ["local"], { environment });
  await proxy.stop(true);
  expect(status).toBe(0);
  expect(seen).toEqual([]);
});

test("NODE_TLS_REJECT_UNAUTHORIZED=0 does not make a false certificate true (STANDARDS 35)", async () => {
  await using untrusted = startUntrustedServer();
  await sandbox.writeRegistry({ false: { issuer: untrusted.origin, client_id: "x" } });
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const { status, stderr } = await sandbox.run(["login", "false"], { environment });
  expect(status).toBe(3);
  expect(stderr).toMatch(/certificate/i);
  expect(untrusted.requests).toEqual([]);
});

test("BUN_CONFIG_VERBOSE_FETCH prints no request", async () => {
  const environment = { BUN_CONFIG_VERBOSE_FETCH: "curl" };
  const { status, stdout, stderr } = await logIn(sandbox, ["local"], { environment });
  const refreshed = await sandbox.run(["refresh", "local"], { environment });
  expect([status, refreshed.status]).toEqual([0, 0]);
  const said = [stdout, stderr, refreshed.stdout, refreshed.stderr].join("\n");
  expect([...server.secrets].filter((secret) => said.includes(secret))).toEqual([]);
  expect(said).not.toContain("code_verifier");
});
