/**
 * Logging in by a code that is entered on another device, in a real pseudo-terminal and without one.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { prefer, publicEntry, readAddress, readToken, startLogin } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession, type Session } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { startOpenaiServer } from "../servers/openai.ts";
import { approveDevice, signIn } from "../servers/person.ts";

const REMOTE = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", SSH_TTY: "/dev/pts/0" };
/** The address that holds the code; it stands alone on its line. */
const COMPLETE = /^(http:\/\/\S+user_code=\S+)\n/m;
const CHOICE = /How do you want to log in to local/;

let server: OidcServer;
let quick: DeviceServer;

beforeAll(async () => {
  server = await startOidcServer();
  quick = startDeviceServer();
});

beforeEach(() => {
  quick.lifetimeSeconds = 600;
  quick.polls.length = 0;
});

afterAll(async () => {
  await quick[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A VPS, with the real server and the one whose codes are polled for every second. */
async function remoteSandbox(): Promise<Sandbox> {
  const sandbox = await createSandbox(REMOTE);
  await sandbox.writeRegistry({ local: publicEntry(server), quick: quick.entry });
  return sandbox;
}

async function readCompleteAddress(session: Session): Promise<string> {
  const [, complete = ""] = await session.transcript.waitFor(COMPLETE);
  return complete;
}

describe("in a terminal", () => {
  test("the person is asked once, the code logs in, and the way is remembered", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "local"], { rows: 30 });
    await session.transcript.waitFor(CHOICE);
    session.type("\r");
    const complete = await readCompleteAddress(session);
    expect(session.transcript.text).toContain(`\n\n${new URL(complete).searchParams.get("user_code")}\n`);
    expect(session.transcript.text).toContain(`\n\n${server.issuer}/device\n`);
    await session.transcript.waitFor(/Waiting for the code \(\d+:\d\d left\)/);
    await approveDevice(complete);
    await session.transcript.waitFor(/Logged in to local as alice/);
    expect(await session.exited).toBe(0);
    expect(await session.isRestored()).toBe(true);
    expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
    expect(await Bun.file(join(sandbox.home, "config.json")).json()).toEqual({ method: { local: "device" } });

    await using again = await startSession(sandbox, ["login", "local/other"], { rows: 30 });
    await readCompleteAddress(again);
    expect(again.transcript.text).not.toMatch(CHOICE);
  });

  test("a person who chooses the address pastes at once, and that is remembered", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "local"]);
    await session.transcript.waitFor(CHOICE);
    session.type("\x1b[B");
    await Bun.sleep(50);
    session.type("\r");
    await session.paste(await signIn((await readAddress(session.transcript)).href));
    expect(await session.exited).toBe(0);
    expect(await Bun.file(join(sandbox.home, "config.json")).json()).toEqual({ method: { local: "paste" } });
  });

  test("p opens an address besides, and the paste ends the polling", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "local", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/Waiting for the code/);
    session.type("p");
    const url = await readAuthorization(session);
    await session.transcript.waitFor(/Paste the address here/);
    await session.paste(await signIn(url));
    expect(await session.exited).toBe(0);
    expect(await session.isRestored()).toBe(true);
  });

  test("with both open, the code may still be the first good answer, and the port is closed", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/Waiting for the code/);
    session.type("p");
    const url = await readAuthorization(session);
    await session.transcript.waitFor(/Paste the address here/);
    quick.decide("approve");
    expect(await session.exited).toBe(0);
    expect(await session.isRestored()).toBe(true);
    const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
    await expect(fetch(redirect)).rejects.toThrow();
  });

  test("a person who says no is offered the address, and may mean it (STANDARDS 26)", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/Waiting for the code/);
    quick.decide("deny");
    await session.transcript.waitFor(/access was denied/);
    await session.transcript.waitFor(/Open an address and paste the result instead/);
    session.type("n");
    expect(await session.exited).toBe(5);
    expect(await session.isRestored()).toBe(true);
    expect(quick.polls).toHaveLength(1);
  });

  test("a denied code goes on by an address without starting over", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/Waiting for the code/);
    quick.decide("deny");
    await session.transcript.waitFor(/Open an address and paste the result instead/);
    session.type("y");
    await session.paste(await signIn(await readAuthorization(session)));
    expect(await session.exited).toBe(0);
  });

  test("a code that is over says so and offers the address (STANDARDS 29)", async () => {
    quick.lifetimeSeconds = 2;
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/nobody approved it in time/);
    session.type("y");
    await session.paste(await signIn(await readAuthorization(session)));
    expect(await session.exited).toBe(0);
  });

  test("a code blocked by policy says what the provider says and goes on by pasting", async () => {
    quick.answers.push("unauthorized_client");
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/unauthorized_client/);
    await session.transcript.waitFor(/Going on with an address/);
    await session.paste(await signIn(await readAuthorization(session)));
    expect(await session.exited).toBe(0);
  });

  test("a program that was stopped for a while polls on, once, without catching up", async () => {
    await using sandbox = await remoteSandbox();
    await using running = await sandbox.start(["login", "quick", "--method", "device"]);
    await running.stderr.waitFor(/The code is good for/);
    running.signal("SIGSTOP");
    await Bun.sleep(3200);
    const before = quick.polls.length;
    running.signal("SIGCONT");
    await Bun.sleep(1600);
    expect(quick.polls.length - before).toBeLessThanOrEqual(2);
    quick.decide("approve");
    expect((await running.outcome).status).toBe(0);
  });

  test("codes that are switched off say so and go on by pasting", async () => {
    await using openai = await startOpenaiServer();
    openai.isDeviceDisabled = true;
    await using sandbox = await createSandbox(REMOTE);
    await sandbox.replaceRegistry(openai.registry);
    await prefer(sandbox, { openai: "device" });
    await using session = await startSession(sandbox, ["login", "openai"]);
    await session.transcript.waitFor(/switched off for this account/);
    await session.paste(await signIn((await readAddress(session.transcript)).href));
    expect(await session.exited).toBe(0);
    expect(openai.violations).toEqual([]);
  });

  test("ctrl-C while the code waits ends with 130 and restores the terminal", async () => {
    await using sandbox = await remoteSandbox();
    await using session = await startSession(sandbox, ["login", "local", "--method", "device"], { rows: 30 });
    await session.transcript.waitFor(/Waiting for the code/);
    session.type("\x03");
    expect(await session.exited).toBe(130);
    expect(await session.isRestored()).toBe(true);
  });

  test("--timeout ends the wait for a code with 124", async () => {
    await using sandbox = await remoteSandbox();
    const { status, stderr } = await sandbox.run(["login", "quick", "--method", "device", "--timeout", "1s"]);
    expect(status).toBe(124);
    expect(stderr).toContain("Waiting for 1 second;");
    expect(stderr).toContain("nobody approved the device code within 1s");
  });
});

describe("for programs", () => {
  test("--json prints the code as an event, then done", async () => {
    await using sandbox = await remoteSandbox();
    await using running = await sandbox.start(["login", "quick", "--method", "device", "--json"]);
    const [line] = await running.stdout.waitFor(/.+\n/);
    const event = JSON.parse(line) as Record<string, string>;
    expect(event).toEqual({
      event: "device",
      verification_uri: `${quick.origin}/device`,
      verification_uri_complete: expect.stringContaining(event["user_code"] ?? "?"),
      user_code: expect.stringMatching(/^\S+$/),
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    quick.decide("approve");
    await running.stdout.waitFor(/"event":"done"/);
    expect((await running.outcome).status).toBe(0);
  });

  test("finish in a terminal asks for no answer where every open login waits for its code", async () => {
    await using sandbox = await remoteSandbox();
    for (const name of ["quick/one", "quick/two"])
      await sandbox.run(["login", name, "--begin", "--method", "device"]);
    await using session = await startSession(sandbox, ["finish"]);
    expect(await session.exited).toBe(2);
    expect(session.transcript.text).toContain("keyfob finish --state STATE");
    expect(session.transcript.text).not.toContain("Paste the answer");
  });

  test("a begun code is finished by its state, without an answer and by another process", async () => {
    await using sandbox = await remoteSandbox();
    const begun = await sandbox.run(["login", "quick", "--begin", "--method", "device"]);
    const { state, ...code } = JSON.parse(begun.stdout) as Record<string, string>;
    expect(Object.keys(code).toSorted()).toEqual([
      "expires_at",
      "user_code",
      "verification_uri",
      "verification_uri_complete",
    ]);
    // Standard input stays open, as a bot's does.
    await using waiting = await sandbox.start(["finish", "--state", state ?? ""]);
    await Bun.sleep(300);
    quick.decide("approve");
    expect((await waiting.outcome).status).toBe(0);
    expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
    const again = await sandbox.run(["finish", "--state", state ?? "", "--json"]);
    expect({ status: again.status, code: JSON.parse(again.stdout).error.code }).toEqual({
      status: 4,
      code: "attempt_used",
    });
  });

  test("whoever waits for a begun code may be killed, and another goes on", async () => {
    await using sandbox = await remoteSandbox();
    const begun = await sandbox.run(["login", "quick", "--begin", "--method", "device"]);
    const { state } = JSON.parse(begun.stdout) as Record<string, string>;
    {
      await using killed = await sandbox.start(["finish", "--state", state ?? ""]);
      killed.outcome.catch(() => {});
      await Bun.sleep(200);
    }
    quick.decide("approve");
    const { status } = await sandbox.run(["finish", "--state", state ?? ""]);
    expect(status).toBe(0);
  });

  test("without a terminal a provider with codes logs in by an address, as ever", async () => {
    await using sandbox = await remoteSandbox();
    const { running, url } = await startLogin(sandbox, ["local"]);
    await using _running = running;
    running.write(`${await signIn(url.href)}\n`);
    expect((await running.outcome).status).toBe(0);
  });
});

/** The authorization address, which comes after those of the code. */
async function readAuthorization(session: Session): Promise<string> {
  const [, address = ""] = await session.transcript.waitFor(/^(https?:\/\/\S+response_type=\S+)\n/m);
  return address;
}
