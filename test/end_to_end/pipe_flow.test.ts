/**
 * A login without a terminal: the address on standard error, the callback open, and pasted lines from a pipe.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { builtBinary } from "../drivers/build.ts";
import { readToken, startLogin, visit } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("file", (machine) => ({ server, sandbox } = machine));

test("a pasted line from a pipe logs in, while the pipe stays open", async () => {
  const { running, url } = await startLogin(sandbox, ["local/line"]);
  await using _running = running;
  running.write(`${await signIn(url.href)}\n`);
  const { status, stdout } = await running.outcome;
  expect(status).toBe(0);
  expect(stdout).toBe("");
  expect((await server.userinfo(await readToken(sandbox, ["local/line"]))).status).toBe(200);
});

test("a bad line says why and the next one is tried", async () => {
  const { running, url } = await startLogin(sandbox, ["local/second"]);
  await using _running = running;
  const redirect = await signIn(url.href);
  running.write(`${url.searchParams.get("redirect_uri")}?code=x&state=of-another-login-0000000000000\n`);
  await running.stderr.waitFor(/state|another login|different login/i);
  running.write(`${redirect}\n`);
  expect((await running.outcome).status).toBe(0);
});

test("a bare code from a pipe is enough, since PKCE protects it", async () => {
  const { running, url } = await startLogin(sandbox, ["local/bare"]);
  await using _running = running;
  const code = new URL(await signIn(url.href)).searchParams.get("code");
  running.write(`${code}\n`);
  expect((await running.outcome).status).toBe(0);
});

test("the end of input only stops the reading: the callback still comes", async () => {
  const { running, url } = await startLogin(sandbox, ["local/callback"]);
  await using _running = running;
  running.endInput();
  await Bun.sleep(200);
  expect(await visit(await signIn(url.href))).toContain("alice");
  expect((await running.outcome).status).toBe(0);
});

test("with --method paste nothing listens, and the end of input ends with 4 and a hint", async () => {
  const { running, url } = await startLogin(sandbox, ["local/paste", "--method", "paste"]);
  await using _running = running;
  const redirectUri = url.searchParams.get("redirect_uri") ?? "";
  await expect(fetch(redirectUri)).rejects.toThrow();
  running.endInput();
  const { status, stderr } = await running.outcome;
  expect(status).toBe(4);
  expect(stderr).toMatch(/hint/i);
});

test("--if-needed does nothing where a token can be had", async () => {
  const before = server.seen.length;
  const { status } = await sandbox.run(["login", "local/line", "--if-needed"]);
  expect(status).toBe(0);
  expect(server.seen.length).toBe(before);
});

test("junk without end: refused twenty times, then no more is read, and the time-out still ends the login", async () => {
  const command = `yes abc | "${await builtBinary()}" login local/junk --timeout 2s`;
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    env: sandbox.environment,
    stderr: "pipe",
    timeout: 15_000,
  });
  const [status, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expect(status).toBe(124);
  expect(stderr.match(/does not look like/g)).toHaveLength(20);
  expect(stderr).toContain("After 20 bad answers no more are read");
});
