/**
 * Begun logins by device code, and answers that are pasted all the same.
 *
 * @module
 */
import { beforeEach, expect, test } from "bun:test";
import { beginDeviceLogin } from "../../src/accounts/begin_device_login.ts";
import { finishDeviceLogin } from "../../src/accounts/finish_device_login.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import { failureOf } from "../oauth/fixtures.ts";
import {
  address,
  begin,
  type Bench,
  createBench,
  entryAt,
  finish,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
beforeEach(() => {
  provider = startProvider();
  provider.answers["/device"] = () =>
    Response.json({
      device_code: "device-secret",
      user_code: "ABCD",
      verification_uri: "https://id.example/device",
      expires_in: 600,
      interval: 1,
    });
});

function bench(): Promise<Bench> {
  const device = { device_authorization_endpoint: `${provider.origin}/device` };
  return createBench({ acme: entryAt(provider.origin, device) });
}

async function beginDevice({ services }: Bench): Promise<Attempt> {
  const name = { provider: "acme", label: "device" };
  const request = { name, choices: {}, timeoutSeconds: 300, maySwitchPerson: false };
  return (await beginDeviceLogin(services, request)).attempt;
}

test.each([
  ["an address", "http://127.0.0.1:8976/callback?code=abcdef1234"],
  ["a bare code", "abcdef1234"],
])("%s pasted while only a device login is open is refused, and that stays open", async (_what, text) => {
  await using installation = await bench();
  const attempt = await beginDevice(installation);
  const failure = await failureOf(() => finish(installation, text));
  expect(failure).toMatchObject({ code: "needs_no_answer", exitStatus: 2 });
  expect(failure).toMatchObject({ hint: expect.stringContaining("keyfob finish --state") });
  expect(failure.message).toContain('"acme/device"');
  const { signal } = new AbortController();
  expect((await finishDeviceLogin(installation.services, attempt.state, signal)).name.label).toBe("device");
});

test("an answer for the state of a device login is refused, and that stays open", async () => {
  await using installation = await bench();
  const attempt = await beginDevice(installation);
  for (const [text, state] of [
    [`http://127.0.0.1:8976/?code=abcdef1234&state=${attempt.state}`, undefined],
    ["abcdef1234", attempt.state],
  ] as const) {
    expect(await failureOf(() => finish(installation, text, { state }))).toMatchObject({
      code: "needs_no_answer",
    });
  }
  expect(await (await installation.vault()).openAttempts()).toHaveLength(1);
});

test("beside a device login, a bare code is for the login that takes one", async () => {
  await using installation = await bench();
  await beginDevice(installation);
  await begin(installation);
  expect((await finish(installation, "the-bare-code")).name.label).toBe("default");
  const second = await begin(installation, { label: "work" });
  expect((await finish(installation, address(second))).name.label).toBe("work");
});

test("a device login that was refused says so afterwards, and how to begin again", async () => {
  await using installation = await bench();
  const { state } = await beginDevice(installation);
  const { signal } = new AbortController();
  const finishing = () => finishDeviceLogin(installation.services, state, signal);
  provider.answers["/token"] = () => Response.json({ error: "access_denied" }, { status: 400 });
  expect(await failureOf(finishing)).toMatchObject({ code: "access_denied" });
  expect(await failureOf(finishing)).toMatchObject({
    code: "attempt_used",
    message: "Cannot finish this login: its device code was tried already, and brought no login",
    hint: "begin again: keyfob login acme/device --begin --method device",
  });
});

test("an approval whose use cannot be written down is stored all the same", async () => {
  await using installation = await bench();
  const { state } = await beginDevice(installation);
  const vault = await installation.vault();
  let failures = 0;
  const finishAttempt = vault.finishAttempt.bind(vault);
  vault.finishAttempt = async (used) => {
    failures += 1;
    if (failures === 1) throw new Error("the disk is full");
    await finishAttempt(used);
  };
  const { session } = await finishDeviceLogin(installation.services, state, new AbortController().signal);
  expect(session.tokens.accessToken).toBe("access-1");
  expect(await vault.openAttempts()).toEqual([]);
});
