/**
 * The life of a token: printed, refreshed once, rotated, never lost, and dead with a reason.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { logIn, readToken } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import type { OidcServer } from "../servers/oidc.ts";

/** Enough 503 answers for every retry of one command. */
const LONG_OUTAGE = Array.from({ length: 20 }, () => 503);

let server: OidcServer;
let sandbox: Sandbox;

withMachine("test", (machine) => ({ server, sandbox } = machine));

/** Logs in so that `--min-valid 2s` asks for more than the token has left; later tokens live an hour. */
async function logInForShort(): Promise<void> {
  await logInFor(3);
  await Bun.sleep(1100);
}

/** Logs in with a token that lives `seconds`; later ones live an hour. */
async function logInFor(seconds: number): Promise<void> {
  server.accessTokenSeconds = seconds;
  const { status, stderr } = await logIn(sandbox, ["local"]);
  if (status !== 0) throw new Error(`The login failed: ${stderr}`);
  server.accessTokenSeconds = 3600;
}

test("token prints the token and a newline, and nothing else", async () => {
  await logInFor(3600);
  const { stdout, stderr, status } = await sandbox.run(["token", "local"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[\x21-\x7e]+\n$/);
  expect(stderr).toBe("");
  expect((await server.userinfo(stdout.trim())).status).toBe(200);
});

test("a token that lives long enough is printed without a word to the provider", async () => {
  await logInFor(3600);
  const requests = server.seen.length;
  expect(await readToken(sandbox, ["local"])).toBe(await readToken(sandbox, ["local"]));
  expect(server.seen.length).toBe(requests);
});

test("without an account, the only one is meant", async () => {
  await logInFor(3600);
  expect(await readToken(sandbox, [])).toBe(await readToken(sandbox, ["local"]));
});

test("without an account and with several, token ends with 2 and the list", async () => {
  await logIn(sandbox, ["local/one"]);
  await logIn(sandbox, ["local/two"]);
  const { stdout, stderr, status } = await sandbox.run(["token"]);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("local/one");
  expect(stderr).toContain("local/two");
});

test("KEYFOB_TOKEN_<PROVIDER> is printed as it is", async () => {
  const environment = { KEYFOB_TOKEN_LOCAL: "from-the-environment" };
  const { stdout, status } = await sandbox.run(["token", "local"], { environment });
  expect(status).toBe(0);
  expect(stdout).toBe("from-the-environment\n");
});

test("a token that lives too short is refreshed, and both generations of refresh token rotate (STANDARDS 19)", async () => {
  await logInForShort();
  const first = await readToken(sandbox, ["local", "--min-valid", "1s"]);
  const second = await readToken(sandbox, ["local", "--min-valid", "2s"]);
  expect(second).not.toBe(first);
  expect(server.count("refresh_token")).toBe(1);
  expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
  const sent = server.seen.flatMap(({ parameters }) => parameters["refresh_token"] ?? []);
  expect(new Set(sent).size).toBe(3);
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});

test("an expired token is refreshed before it is printed", async () => {
  await logInFor(1);
  await Bun.sleep(1100);
  const token = await readToken(sandbox, ["local"]);
  expect((await server.userinfo(token)).status).toBe(200);
  expect(server.count("refresh_token")).toBe(1);
});

test("refresh gets a new token at once", async () => {
  await logInFor(3600);
  const before = await readToken(sandbox, ["local"]);
  const { stdout, status } = await sandbox.run(["refresh", "local"]);
  const after = await readToken(sandbox, ["local"]);
  expect(status).toBe(0);
  expect(after).not.toBe(before);
  expect(stdout).not.toContain(after);
});

test("twenty processes at once cause one refresh and print one token", async () => {
  await logInForShort();
  server.tokenDelayMilliseconds = 300;
  const args = ["token", "local", "--min-valid", "2s"];
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => sandbox.run(args)));
  expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 0));
  expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(1);
  expect(server.count("refresh_token")).toBe(1);
  expect((await server.userinfo(outcomes[0]?.stdout.trim() ?? "")).status).toBe(200);
});

test("a provider that is down for now: exit 3, and nothing is lost", async () => {
  await logInForShort();
  server.failures = [...LONG_OUTAGE];
  const { stdout, status } = await sandbox.run(["token", "local", "--min-valid", "2s"]);
  expect(status).toBe(3);
  expect(stdout).toBe("");
  server.failures = [];
  expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
});

test("a provider that is down for now: a token still alive is printed with a warning where no minimum was asked", async () => {
  // A second later it has less than the usual minimum of 60 s left.
  await logInFor(61);
  await Bun.sleep(1100);
  server.failures = [...LONG_OUTAGE];
  const { stdout, stderr, status } = await sandbox.run(["token", "local"]);
  expect(status).toBe(0);
  expect((await server.userinfo(stdout.trim())).status).toBe(200);
  expect(stderr).not.toBe("");
  expect(server.failures.length).toBeLessThan(LONG_OUTAGE.length);
});

test("a provider whose tokens live shorter than the minimum gets a warning, not a refresh at every call", async () => {
  await logInFor(30);
  const { stderr, status } = await sandbox.run(["token", "local"]);
  expect(status).toBe(0);
  expect(stderr).toContain('Tokens of "local" live shorter than 60 seconds');
  expect(server.count("refresh_token")).toBe(0);
});

test("the minimum that was asked for is named in words", async () => {
  await logInFor(3600);
  const { stderr, status } = await sandbox.run(["token", "local", "--min-valid", "2h"]);
  expect(status).toBe(0);
  expect(stderr).toContain("shorter than 2 hours;");
});

test("a session that the provider ended: exit 4, and the hint names the login", async () => {
  await logInFor(3600);
  await server.endSessions();
  const { stdout, stderr, status } = await sandbox.run(["refresh", "local"]);
  expect(status).toBe(4);
  expect(stdout).toBe("");
  expect(stderr).toContain("keyfob login local");
  expect((await sandbox.run(["token", "local", "--min-valid", "59m"])).status).toBe(4);
});

test("status says who is logged in, without any token", async () => {
  await logInFor(3600);
  const { stdout, status } = await sandbox.run(["status"]);
  expect(status).toBe(0);
  expect(stdout).toContain("local");
  expect(stdout).toContain("alice");
  expect([...server.secrets].filter((secret) => stdout.includes(secret))).toEqual([]);
});

test("the token request carries the verifier and the same redirect (STANDARDS 2, 11, 12, 16)", async () => {
  const { url } = await logIn(sandbox, ["local"]);
  const exchange = server.seen.find(({ route }) => route === "token");
  expect(url.searchParams.get("code_challenge_method")).toBe("S256");
  expect(exchange?.parameters["code_verifier"]).toMatch(/^[\w.~-]{43,128}$/);
  expect(exchange?.parameters["redirect_uri"]).toBe(url.searchParams.get("redirect_uri") ?? "");
});
