/**
 * `keyfob helper docker`, asked by the real docker client (it needs no engine to read a manifest), and by hand.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { runProgram, writeProgram } from "../drivers/program.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { type ContainerRegistry, startContainerRegistry } from "../servers/container_registry.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;
let registry: ContainerRegistry;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  registry = startContainerRegistry(server);
  const entry = publicEntry(server);
  await sandbox.writeRegistry({
    local: { ...entry, resources: [`http://${registry.host}`], usernames: { docker: "oauth2accesstoken" } },
    cloud: { ...entry, resources: ["https://registry.example"] },
  });
  await logIn(sandbox, ["local"]);
  await logIn(sandbox, ["cloud"]);
});

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Runs docker with keyfob as the helper of every registry, the way the README says. */
async function docker(args: readonly string[]): Promise<Outcome> {
  const helper = await writeProgram(sandbox, "docker-credential-keyfob", 'exec "$KEYFOB" helper docker "$@"');
  const configuration = join(sandbox.folder, "docker");
  await mkdir(configuration, { recursive: true });
  await Bun.write(join(configuration, "config.json"), JSON.stringify({ credsStore: "keyfob" }));
  const program = Bun.which("docker") ?? "docker";
  const environment = { PATH: `${dirname(helper)}:/usr/bin:/bin` };
  return await runProgram(sandbox, [program, "--config", configuration, ...args], { environment });
}

function ask(operation: string, input = "", flags: readonly string[] = []): Promise<Outcome> {
  return sandbox.run(["helper", "docker", ...flags, operation], { input });
}

/** docker goes on without credentials only at these words on standard output. */
const NOT_FOUND = { stdout: "credentials not found in native keychain\n", stderr: "", status: 1 };

describe("the real docker", () => {
  test("reads a manifest from a registry that demands the token", async () => {
    const image = `${registry.host}/demo/image:latest`;
    const { stdout, stderr, status } = await docker(["manifest", "inspect", "--insecure", image]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2 });
    expect(registry.credentials.at(-1)).toBe(`oauth2accesstoken:${await readToken(sandbox, ["local"])}`);
  });

  test("gets nothing for another registry", async () => {
    await using other = startContainerRegistry(server);
    const image = `${other.host}/demo/image:latest`;
    const { status } = await docker(["manifest", "inspect", "--insecure", image]);
    expect(status).not.toBe(0);
    expect(other.credentials).toEqual([]);
  });
});

describe("get", () => {
  test.each(["registry.example", "https://registry.example", "https://registry.example/v1/"])(
    "answers for %s with server, user name and token",
    async (name) => {
      const { stdout, status } = await ask("get", `${name}\n`);
      expect(status).toBe(0);
      const Secret = await readToken(sandbox, ["cloud"]);
      expect(JSON.parse(stdout)).toEqual({ ServerURL: name, Username: "oauth2", Secret });
    },
  );

  test.each([
    "http://registry.example",
    "registry.example:5000",
    "registry.example.evil.test",
    "evil.test/registry.example",
    "registry.example@evil.test",
    "",
  ])("has nothing for %j, in docker's own words", async (name) => {
    expect(await ask("get", name)).toEqual(NOT_FOUND);
  });

  test("refuses control characters", async () => {
    const { stdout, status } = await ask("get", "registry.example\r\nx");
    expect({ stdout, status }).toEqual({ stdout: "", status: 5 });
  });

  test("--account answers for its own resources alone", async () => {
    expect((await ask("get", "registry.example", ["--account", "cloud"])).status).toBe(0);
    expect(await ask("get", "registry.example", ["--account", "local"])).toEqual(NOT_FOUND);
  });
});

test("erase marks the token stale: the next get brings another", async () => {
  const before = await readToken(sandbox, ["cloud"]);
  expect(await ask("erase", "registry.example")).toEqual({ stdout: "", stderr: "", status: 0 });
  const { stdout } = await ask("get", "registry.example");
  const { Secret } = JSON.parse(stdout) as { Secret: string };
  expect(Secret).not.toBe(before);
  expect((await server.userinfo(Secret)).status).toBe(200);
});

test("list names the registries whose user name the entry knows, without any token", async () => {
  const { stdout } = await ask("list");
  expect(JSON.parse(stdout)).toEqual({ [`http://${registry.host}`]: "oauth2accesstoken" });
});

test("store is refused in words that docker shows, and stores nothing", async () => {
  const input = JSON.stringify({ ServerURL: "x.example", Username: "a", Secret: "b" });
  const { stdout, status } = await ask("store", input);
  expect(status).toBe(1);
  expect(stdout).toContain("keyfob login");
  expect(await ask("get", "x.example")).toEqual(NOT_FOUND);
});
