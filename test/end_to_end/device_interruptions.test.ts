/**
 * What may happen to a device login while one of its polls is under way.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

let server: DeviceServer;
let sandbox: Sandbox;

beforeEach(async () => {
  server = startDeviceServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ quick: server.entry });
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function begin(): Promise<string> {
  const { stdout } = await sandbox.run(["login", "quick", "--begin", "--method", "device"]);
  return (JSON.parse(stdout) as { state: string }).state;
}

/** Waits until the server has so many polls, the last of them under way. */
async function polls(count: number): Promise<void> {
  while (server.polls.length < count) await Bun.sleep(20);
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s during the poll that is approved: the login is stored",
  async (signal) => {
    server.pollMilliseconds = 800;
    await using running = await sandbox.start(["login", "quick", "--method", "device"]);
    await polls(1);
    server.decide("approve");
    running.signal(signal);
    await running.outcome;
    expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
  },
);

test("ctrl-C at the terminal during the poll that is approved: the login is stored", async () => {
  server.pollMilliseconds = 800;
  await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
  await session.transcript.waitFor(/Waiting for the code/);
  await polls(1);
  server.decide("approve");
  session.type("\x03");
  await session.exited;
  expect(await session.isRestored()).toBe(true);
  expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
});

test("a second ctrl-C does not wait for the poll", async () => {
  server.pollMilliseconds = 10_000;
  await using session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
  await session.transcript.waitFor(/Waiting for the code/);
  await polls(1);
  session.type("\x03");
  await Bun.sleep(300);
  const begun = performance.now();
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(performance.now() - begun).toBeLessThan(3000);
});

test("an interrupted poll that brings nothing ends with 130, and the begun login stays open", async () => {
  server.pollMilliseconds = 500;
  const state = await begin();
  await using running = await sandbox.start(["finish", "--state", state]);
  await polls(1);
  running.signal("SIGINT");
  expect((await running.outcome).status).toBe(130);
  server.decide("approve");
  expect((await sandbox.run(["finish", "--state", state])).status).toBe(0);
});

test("a second finisher waits while a poll of the first is slow, and then is told that the login is used", async () => {
  const state = await begin();
  server.pollMilliseconds = 2500;
  await using first = await sandbox.start(["finish", "--state", state]);
  await polls(1);
  await using second = await sandbox.start(["finish", "--state", state]);
  await Bun.sleep(1500);
  expect(server.polls).toHaveLength(1);
  server.decide("approve");
  expect((await first.outcome).status).toBe(0);
  expect((await second.outcome).status).toBe(4);
  expect(server.polls).toHaveLength(1);
});

test("a finisher that is killed during a poll loses nothing: the next one goes on", async () => {
  const state = await begin();
  server.pollMilliseconds = 60_000;
  {
    await using killed = await sandbox.start(["finish", "--state", state]);
    killed.outcome.catch(() => {});
    await polls(1);
    killed.signal("SIGKILL");
  }
  server.pollMilliseconds = 0;
  server.decide("approve");
  const { status, stderr } = await sandbox.run(["finish", "--state", state]);
  expect({ status, stderr: stderr.includes("already") }).toEqual({ status: 0, stderr: false });
}, 60_000);
