/**
 * What neither a signal, a closed terminal, a mistyped answer nor a second finisher may break.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { builtBinary } from "../drivers/build.ts";
import { begin, logIn, prefer, readToken, startLogin, visit } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { approveDevice, signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("file", (machine) => ({ server, sandbox } = machine));

test("SIGINT while the code is being spent waits for its tokens: the login is stored", async () => {
  const { running, url } = await startLogin(sandbox, ["local/late"]);
  await using _running = running;
  server.tokenDelayMilliseconds = 1000;
  const visited = visit(await signIn(url.href));
  await running.stderr.waitFor(/Got an answer/);
  await Bun.sleep(200);
  running.signal("SIGINT");
  await visited;
  await running.outcome;
  server.tokenDelayMilliseconds = 0;
  expect((await server.userinfo(await readToken(sandbox, ["local/late"]))).status).toBe(200);
});

test("an answer cut short is turned away before its code is sent, and the whole one is taken (STANDARDS 31)", async () => {
  const { running, url } = await startLogin(sandbox, ["local/cut"]);
  await using _running = running;
  const redirect = await signIn(url.href);
  running.write(`${redirect.replace(/&iss=[^&]*/, "")}\n`);
  await running.stderr.waitFor(/was it copied whole/);
  running.write(`${redirect}\n`);
  expect((await running.outcome).status).toBe(0);
});

test("a begun login survives an answer cut short, and junk", async () => {
  const { url } = await begin(sandbox, ["local/kept"]);
  const redirect = await signIn(url);
  expect((await sandbox.run(["finish"], { input: redirect.replace(/&iss=[^&]*/, "") })).status).toBe(1);
  expect((await sandbox.run(["finish"], { input: "a".repeat(60_000) })).status).toBe(1);
  expect((await sandbox.run(["finish"], { input: redirect })).status).toBe(0);
});

test("code and state alone, taken out of the query, are enough under PKCE", async () => {
  const { url, state } = await begin(sandbox, ["local/pair"]);
  const code = new URL(await signIn(url)).searchParams.get("code");
  expect((await sandbox.run(["finish"], { input: `code=${code}&state=${state}` })).status).toBe(0);
});

test("two who finish one device login at once: one logs in, the other is told that it is used", async () => {
  const begun = await sandbox.run(["login", "local/device", "--begin", "--method", "device"]);
  const { state, verification_uri_complete: address } = JSON.parse(begun.stdout) as Record<string, string>;
  const finishing = [1, 2].map(() => sandbox.run(["finish", "--state", state ?? ""]));
  await Bun.sleep(300);
  await approveDevice(address ?? "");
  const outcomes = await Promise.all(finishing);
  expect(outcomes.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([0, 4]);
  expect((await sandbox.run(["refresh", "local/device"])).status).toBe(0);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends finish while it reads its input",
  async (signal) => {
    await using running = await sandbox.start(["finish", "--json"]);
    await Bun.sleep(300);
    running.signal(signal);
    const { status, stdout } = await running.outcome;
    expect(status).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "interrupted" } });
  },
);

test("events that cannot be written end the login at once, with a sentence", async () => {
  const command = `"${await builtBinary()}" login local/full --json --timeout 20s >/dev/full`;
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    env: sandbox.environment,
    stderr: "pipe",
    stdin: "ignore",
  });
  const [status, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expect(status).toBe(1);
  expect(stderr).toContain("Cannot write to standard output");
  expect(stderr.split("\n").length).toBeLessThan(8);
});

test("a terminal that is closed ends the login, whatever it was asking", async () => {
  await prefer(sandbox, {});
  const child = Bun.spawn([await builtBinary(), "login", "local/closed"], {
    env: { ...sandbox.environment, TERM: "xterm-256color" },
    terminal: { cols: 80, rows: 24, data() {} },
  });
  await Bun.sleep(1000);
  child.terminal?.close();
  // By its signal, or by the end of the question that was open: whichever is seen first.
  expect([129, 130]).toContain((await Promise.race([child.exited, Bun.sleep(5000)])) ?? -1);
});

test("--json before the command makes a failed login an error event", async () => {
  const { stdout, status } = await sandbox.run(["--json", "login", "nosuch"]);
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ event: "error", code: "unknown_provider" });
});

test("--if-needed prints the configuration and the event of a login that is there already", async () => {
  await logIn(sandbox, ["local/there"]);
  const config = await sandbox.run(["login", "local/there", "--if-needed", "--format", "config"]);
  expect(JSON.parse(config.stdout)).toMatchObject({ providers: { local: { account: "there" } } });
  const event = await sandbox.run(["login", "local", "--if-needed", "--json"], {
    environment: { KEYFOB_TOKEN_LOCAL: "given" },
  });
  expect(JSON.parse(event.stdout)).toMatchObject({ event: "done", subject: null, expires_at: null });
});

test("a taken port and nothing to paste: the port is what went wrong, exit 3", async () => {
  await using holder = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    reusePort: false,
    fetch: () => new Response(),
  });
  const { status, stderr } = await sandbox.run(["login", "local/taken", "--port", String(holder.port)]);
  expect(status).toBe(3);
  expect(stderr).toContain(String(holder.port));
});

test.each(["evil", "999.1.1.1", ""])("--bind %j is refused", async (address) => {
  const { status, stderr } = await sandbox.run(["login", "local/bound", "--bind", address]);
  expect({ status, isNamed: stderr.includes("not an IP address") }).toEqual({ status: 2, isNamed: true });
});

test("a login that times out names the whole account in its hint", async () => {
  const { status, stderr } = await sandbox.run(["login", "local/slow", "--timeout", "1s"], { input: "\n" });
  expect({ status, isNamed: stderr.includes("keyfob login local/slow --timeout") }).toEqual({
    status: 124,
    isNamed: true,
  });
});

test("ctrl-C at a yes or no ends with 130 and leaves the terminal as it was", async () => {
  await logIn(sandbox, ["local/again"]);
  await using session = await startSession(sandbox, ["login", "local/again"]);
  await session.transcript.waitFor(/Log in again\?/);
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(await session.isRestored()).toBe(true);
});

test("ctrl-C at the set-up of a client ends with 130 and leaves the terminal as it was", async () => {
  await using session = await startSession(sandbox, ["login", "google"]);
  await session.transcript.waitFor(/◆/);
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(await session.isRestored()).toBe(true);
});
