/**
 * A `finish` that is killed: what it did not send can be sent by the next one, and what it sent is never sent again.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { begin, readToken } from "../drivers/login.ts";
import { createSandbox, type Running, type Sandbox } from "../drivers/sandbox.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

/** Longer than any test takes. */
const FOR_EVER = 120_000;

let server: DeviceServer;
let sandbox: Sandbox;
/** The address that answers the begun login. */
let answer: string;

beforeEach(async () => {
  server = startDeviceServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ quick: { ...server.entry, issuer: server.origin } });
  const { redirect_uri: redirectUri, state } = await begin(sandbox, ["quick"]);
  answer = `${redirectUri}?code=authorization-code-0001&state=${state}`;
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Starts a `finish`, and waits until `isThere`. */
async function finishing(isThere: () => boolean): Promise<Running> {
  const running = await sandbox.start(["finish"]);
  running.write(answer);
  running.endInput();
  while (!isThere()) await Bun.sleep(10);
  return running;
}

function asksMetadata(): () => boolean {
  const before = server.metadataAsked;
  return () => server.metadataAsked > before;
}

async function kill(running: Running): Promise<void> {
  running.signal("SIGKILL");
  await running[Symbol.asyncDispose]();
}

test("before the code was sent: the login stays open, and the next one finishes it", async () => {
  server.metadataMilliseconds = FOR_EVER;
  await kill(await finishing(asksMetadata()));
  server.metadataMilliseconds = 0;
  expect((await sandbox.run(["finish"], { input: answer })).status).toBe(0);
  expect(server.seen).toEqual(["authorization_code"]);
  expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
});

test("after the code was sent: the login is used, and nothing is sent again", async () => {
  server.exchangeMilliseconds = FOR_EVER;
  await kill(await finishing(() => server.seen.length > 0));
  server.exchangeMilliseconds = 0;
  const { status, stdout } = await sandbox.run(["finish", "--json"], { input: answer });
  expect(status).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "attempt_used" } });
  expect(server.seen).toEqual(["authorization_code"]);
});

test("one that is overtaken while it asks for metadata sends nothing, and the login stands", async () => {
  server.metadataMilliseconds = 2500;
  await using overtaken = await finishing(asksMetadata());
  server.metadataMilliseconds = 0;
  expect((await sandbox.run(["finish"], { input: answer })).status).toBe(0);
  const { status, stderr } = await overtaken.outcome;
  expect({ status, isTold: stderr.includes("finished already") }).toEqual({ status: 4, isTold: true });
  expect(server.seen).toEqual(["authorization_code"]);
  expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
});

test("while another sends the code: told that the login is used, and the other stores it", async () => {
  server.exchangeMilliseconds = 2500;
  await using first = await finishing(() => server.seen.length > 0);

  expect((await sandbox.run(["finish"], { input: answer })).status).toBe(4);
  expect((await first.outcome).status).toBe(0);
  expect(server.seen).toEqual(["authorization_code"]);
});
