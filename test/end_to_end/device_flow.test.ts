/**
 * A person approves a code on another device, at a real authorization server and by OpenAI's rules.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";
import { startOpenaiServer } from "../servers/openai.ts";
import { approveDevice } from "../servers/person.ts";

/** What `login --json` says of a device code. */
interface DeviceEvent {
  readonly event: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly user_code: string;
  readonly expires_at: string;
}

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
});

afterEach(() => sandbox[Symbol.asyncDispose]());

test("a real server: the code and address are an event, and the approval logs in (STANDARDS 27, 28)", async () => {
  await using server = await startOidcServer();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await using running = await sandbox.start(["login", "local", "--method", "device", "--json"]);
  const [line] = await running.stdout.waitFor(/^\{.*\}\n/m);
  const event = JSON.parse(line) as DeviceEvent;
  expect(event.event).toBe("device");
  expect(event.verification_uri).toBe(`${server.issuer}/device`);
  expect(event.user_code).toMatch(/^\w{4}-\w{4}$/);
  expect(event.verification_uri_complete).toContain(event.user_code);
  await approveDevice(event.verification_uri_complete);
  const { stdout, status } = await running.outcome;
  expect(status).toBe(0);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    event: "done",
    subject: "alice",
  });
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});

test("OpenAI's own flow: the code stands on its line, the approval brings a code that is exchanged", async () => {
  await using server = await startOpenaiServer();
  await sandbox.replaceRegistry(server.registry);
  await using running = await sandbox.start(["login", "openai", "--method", "device"]);
  const [, userCode = ""] = await running.stderr.waitFor(/^([0-9A-F]{4}-[0-9A-F]{5})\n/m);
  server.approve(userCode);
  expect((await running.outcome).status).toBe(0);
  expect(server.accepts(await readToken(sandbox, ["openai"]))).toBe(true);
  expect(server.violations).toEqual([]);
});

test("OpenAI's own flow, switched off for the account: it says so, and names pasting", async () => {
  await using server = await startOpenaiServer();
  server.isDeviceDisabled = true;
  await sandbox.replaceRegistry(server.registry);
  const { status, stderr } = await sandbox.run(["login", "openai", "--method", "device"]);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/switched off/);
  expect(stderr).toContain("--method paste");
});
