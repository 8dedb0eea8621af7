/**
 * Nothing leaks: not to the streams unasked, not into files in the clear, not to other users of the machine.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { begin, logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;
const said: Outcome[] = [];

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await liveALife();
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Every command that handles secrets without being asked to print one, in success and in failure. */
async function liveALife(): Promise<void> {
  said.push(await logIn(sandbox, ["local"], { through: ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh"] }));
  const { url } = await begin(sandbox, ["local/bot"]);
  const answer = await signIn(url);
  said.push(await sandbox.run(["finish"], { input: answer }));
  said.push(await sandbox.run(["finish"], { input: answer }));
  said.push(await sandbox.run(["finish"], { input: `${answer}x&code=twice` }));
  said.push(await sandbox.run(["refresh", "local"]));
  said.push(await sandbox.run(["status"]), await sandbox.run(["status", "--json"]));
  server.failures = Array.from({ length: 20 }, () => 500);
  said.push(await sandbox.run(["refresh", "local/bot"]));
  server.failures = [];
}

function secretsIn(text: string): string[] {
  const verifiers = server.seen.flatMap(({ parameters }) => parameters["code_verifier"] ?? []);
  return [...server.secrets, ...verifiers].filter((secret) => text.includes(secret));
}

async function privateFiles(): Promise<string[]> {
  const files = await Array.fromAsync(
    new Bun.Glob("**/*").scan({ cwd: sandbox.home, dot: true, absolute: true }),
  );
  return files.filter((path) => !path.endsWith("/providers.json"));
}

test("the server gave out codes and tokens, and keyfob prints one when asked", async () => {
  expect(server.secrets.size).toBeGreaterThan(5);
  expect(server.secrets.has(await readToken(sandbox, ["local"]))).toBe(true);
});

test("no token, code or verifier is on stdout or stderr unasked", () => {
  expect(said).toHaveLength(8);
  expect(said.flatMap(({ stdout, stderr }) => secretsIn(`${stdout}\n${stderr}`))).toEqual([]);
});

test("no token, code or verifier stands in the clear in any file", async () => {
  const files = await privateFiles();
  expect(files.length).toBeGreaterThan(0);
  for (const path of files) {
    const bytes = Buffer.from(await Bun.file(path).arrayBuffer()).toString("latin1");
    expect({ path, secrets: secretsIn(bytes) }).toEqual({ path, secrets: [] });
  }
});

test("folders are 0700 and files 0600, whatever the umask", async () => {
  expect((await stat(sandbox.home)).mode & 0o777).toBe(0o700);
  for (const path of await privateFiles()) {
    expect({ path, mode: (await stat(path)).mode & 0o777 }).toEqual({ path, mode: 0o600 });
  }
});

test("a vault that others may read is refused or repaired with a notice, never used silently", async () => {
  const vault = join(sandbox.home, "vault.db");
  await chmod(vault, 0o644);
  const { status, stderr } = await sandbox.run(["token", "local"]);
  expect(stderr).not.toBe("");
  if (status === 0) expect((await stat(vault)).mode & 0o777).toBe(0o600);
  else expect(status).toBe(2);
});

test("a registry that others may write is refused", async () => {
  const registry = join(sandbox.home, "providers.json");
  await chmod(registry, 0o666);
  const { status, stderr } = await sandbox.run(["login", "local", "--timeout", "2s"]);
  await chmod(registry, 0o600);
  expect(status).toBe(2);
  expect(stderr).toContain("providers.json");
});
