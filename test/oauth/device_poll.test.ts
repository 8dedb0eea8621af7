/**
 * Polling for a device code (RFC 8628 sections 3.4 and 3.5). Waiting is by a clock of the test.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test, setSystemTime } from "bun:test";
import { Interrupted } from "../../src/errors.ts";
import { requestDeviceCode } from "../../src/oauth/device_code.ts";
import { pollDevice } from "../../src/oauth/device_poll.ts";
import type { TokenContext } from "../../src/oauth/token_request.ts";
import type { Entry } from "../../src/registry/schema.ts";
import builtIn from "../../src/registry/providers.json";
import { OPENAI_CLIENT, startOpenaiServer } from "../servers/openai.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

type DeviceCode = Parameters<typeof pollDevice>[1];

const CODE: DeviceCode = {
  userCode: "ABCD",
  verificationUri: "https://id.example/device",
  lifetimeSeconds: 600,
  intervalSeconds: 5,
  fields: { device_code: "device-secret", user_code: "ABCD" },
  scope: ["a"],
};
const PENDING = (): Response => Response.json({ error: "authorization_pending" }, { status: 400 });
const SLOW = (): Response => Response.json({ error: "slow_down" }, { status: 400 });
const BUSY = (): Response => new Response(null, { status: 503 });
const TOKENS = (): Response => Response.json({ access_token: "a", expires_in: 60 });

let server: TestServer;
let waited: number[];
beforeAll(() => void (server = serve(() => new Response())));
beforeEach(() => {
  server.seen.splice(0);
  waited = [];
});
afterAll(() => server[Symbol.asyncDispose]());

/** Polls a provider that gives these answers, one each. */
function poll(
  answers: (() => Response)[],
  options: { entry?: Entry; code?: Partial<DeviceCode>; context?: TokenContext } = {},
) {
  const rest = [...answers];
  server.answer = () => rest.shift()?.() ?? new Response("no more answers", { status: 418 });
  const context = options.context ?? contextFor(providerAt(server.origin, options.entry));
  const code = { ...CODE, ...options.code };
  return pollDevice(context, code, new AbortController().signal, {
    wait: async (seconds) => void waited.push(seconds),
  });
}

test("pending goes on at the interval until the tokens come", async () => {
  const { tokens } = await poll([PENDING, PENDING, TOKENS]);
  expect(tokens).toMatchObject({ accessToken: "a", scope: ["a"] });
  expect(waited).toEqual([5, 5, 5]);
  expect(server.seen[0]?.form).toEqual({
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: "client",
    device_code: "device-secret",
  });
});

test("a wall clock that jumps a day ahead or back neither ends the wait nor makes it spin", async () => {
  const jumps = [1, -2, 1].map((days) => () => {
    setSystemTime(new Date(Date.now() + days * 86_400_000));
    return PENDING();
  });
  try {
    const { tokens } = await poll([...jumps, TOKENS]);
    expect(tokens.accessToken).toBe("a");
  } finally {
    setSystemTime();
  }
  expect(waited).toEqual([5, 5, 5, 5]);
});

test("slow_down adds 5 seconds for good (STANDARDS 24)", async () => {
  await poll([SLOW, PENDING, SLOW, PENDING, TOKENS]);
  expect(waited).toEqual([5, 10, 10, 15, 15]);
});

test.each([429, 503, 500])("HTTP %d backs off and goes on (STANDARDS 25)", async (status) => {
  const busy = (): Response => new Response(null, { status });
  await poll([busy, busy, TOKENS]);
  expect(waited).toEqual([5, 10, 20]);
});

test("backing off ends at a minute, and never shortens what the provider asked for (STANDARDS 25)", async () => {
  await poll([BUSY, BUSY, TOKENS], { code: { intervalSeconds: 40 } });
  expect(waited).toEqual([40, 60, 60]);
  waited = [];
  await poll([BUSY, TOKENS], { code: { intervalSeconds: 90 } });
  expect(waited).toEqual([90, 90]);
});

test("a connection that breaks backs off and goes on (STANDARDS 25)", async () => {
  await using gone = serve(() => new Response());
  const { origin } = gone;
  await gone[Symbol.asyncDispose]();
  let tries = 0;
  const context = contextFor(providerAt(origin));
  const flaky: TokenContext = {
    ...context,
    fetch: (request) => {
      tries += 1;
      const url = tries < 3 ? request.url : new URL(`${server.origin}/token`);
      return context.fetch({ ...request, url });
    },
  };
  expect((await poll([TOKENS], { context: flaky })).tokens.accessToken).toBe("a");
  expect(waited).toEqual([5, 10, 20]);
});

describe("polling stops (STANDARDS 26)", () => {
  const cases: readonly (readonly [error: string, expected: object])[] = [
    ["access_denied", { exitStatus: 5, code: "access_denied" }],
    ["expired_token", { exitStatus: 124, code: "expired_token" }],
    ["invalid_grant", { exitStatus: 1, code: "invalid_grant" }],
    ["invalid_client", { code: "invalid_client" }],
    ["something_else", { exitStatus: 1, code: "something_else" }],
  ];
  test.each(cases)("at %s", async (error, expected) => {
    const refused = (): Response => Response.json({ error, error_description: "because" }, { status: 400 });
    const failure = await failureOf(() => poll([PENDING, refused]));
    expect(failure).toMatchObject(expected);
    expect(failure.message).not.toContain("device-secret");
    expect(server.seen).toHaveLength(2);
  });

  test("when the lifetime is over, by a real clock (STANDARDS 29)", async () => {
    server.answer = PENDING;
    const code = { ...CODE, lifetimeSeconds: 0.2, intervalSeconds: 0.05 };
    const start = performance.now();
    const context = contextFor(providerAt(server.origin));
    const failure = await failureOf(() => pollDevice(context, code, new AbortController().signal));
    expect(failure).toMatchObject({ exitStatus: 124, hint: expect.stringContaining("--method device") });
    expect(performance.now() - start).toBeWithin(100, 400);
    expect(server.seen.length).toBeWithin(2, 5);
  });

  test("when the person interrupts the wait", async () => {
    const ended = new AbortController();
    const reason = new Interrupted("SIGINT");
    setTimeout(() => ended.abort(reason), 20);
    const context = contextFor(providerAt(server.origin));
    expect(await failureOf(() => pollDevice(context, CODE, ended.signal))).toBe(reason);
    expect(server.seen).toEqual([]);
  });

  test("when the person interrupts a poll, after its answer", async () => {
    const ended = new AbortController();
    const reason = new Interrupted("SIGTERM");
    const failure = await failureOf(() => pollWhileEnding(ended, reason, PENDING));
    expect(failure).toBe(reason);
    expect(server.seen).toHaveLength(1);
  });

  test("at once where the login came about another way", async () => {
    const abandoned = new AbortController();
    server.answer = async () => {
      abandoned.abort(new Error("abandoned"));
      await Bun.sleep(500);
      return TOKENS();
    };
    const context = contextFor(providerAt(server.origin));
    const begun = performance.now();
    const polling = { wait: async () => {}, abandoned: abandoned.signal };
    const failure = await failureOf(() => pollDevice(context, CODE, new AbortController().signal, polling));
    expect(failure.message).toBe("abandoned");
    expect(performance.now() - begun).toBeLessThan(300);
  });
});

test("an approval that answers a poll sent before the interruption is not lost", async () => {
  const ended = new AbortController();
  const { tokens } = await pollWhileEnding(ended, new Interrupted("SIGINT"), TOKENS);
  expect(tokens.accessToken).toBe("a");
});

/** Polls once, and is interrupted while the answer is on its way. */
function pollWhileEnding(ended: AbortController, reason: Error, answer: () => Response) {
  server.answer = async () => {
    ended.abort(reason);
    await Bun.sleep(50);
    return answer();
  };
  const wait = async (): Promise<void> => ended.signal.throwIfAborted();
  return pollDevice(contextFor(providerAt(server.origin)), CODE, ended.signal, { wait });
}

describe("where the time is over,", () => {
  const SHORT = { ...CODE, lifetimeSeconds: 0.2, intervalSeconds: 0.05 };

  function fail(
    answer: () => Response,
    code: DeviceCode = SHORT,
    patience?: { seconds: number; text: string },
  ) {
    server.answer = answer;
    const context = contextFor(providerAt(server.origin));
    return failureOf(() =>
      pollDevice(context, code, new AbortController().signal, patience === undefined ? {} : { patience }),
    );
  }

  test("a provider that failed to the last is what went wrong", async () => {
    const failure = await fail(() => new Response(null, { status: 500 }));
    expect(failure).toMatchObject({ exitStatus: 3, code: "provider_unavailable" });
    expect(failure.message).toContain("HTTP 500");
    expect(failure.message).toContain("the device code is over");
  });

  test("a provider that failed in between is not", async () => {
    const answers = [BUSY];
    const failure = await fail(() => (answers.shift() ?? PENDING)());
    expect(failure).toMatchObject({ exitStatus: 124, code: "expired_token" });
  });

  test("which the person chose, that is said, and not that the code is over", async () => {
    const code = { ...SHORT, lifetimeSeconds: 600 };
    const failure = await fail(PENDING, code, { seconds: 0.2, text: "200ms" });
    expect(failure).toMatchObject({ exitStatus: 124, code: "timed_out" });
    expect(failure.message).toEndWith("nobody approved the device code within 200ms");
  });

  test("the message and its command name the account", async () => {
    server.answer = PENDING;
    const context = contextFor(providerAt(server.origin));
    const called = { ...context, exchange: { ...context.exchange, account: "acme/dd" } };
    for (const polling of [{ patience: { seconds: 0.2, text: "200ms" } }, {}]) {
      const failure = await failureOf(() =>
        pollDevice(
          called,
          { ...SHORT, lifetimeSeconds: "patience" in polling ? 600 : 0.2 },
          new AbortController().signal,
          polling,
        ),
      );
      expect(failure.message).toStartWith('Cannot log in to "acme/dd": ');
      expect(failure).toMatchObject({
        hint: expect.stringContaining("keyfob login acme/dd --method device"),
      });
    }
  });

  test("and the code was over before the time that the person chose, the code is", async () => {
    const failure = await fail(PENDING, SHORT, { seconds: 600, text: "10m" });
    expect(failure).toMatchObject({ code: "expired_token" });
  });
});

test("statuses that the entry calls pending are pending", async () => {
  const notYet = (status: number) => (): Response => Response.json({ detail: "not yet" }, { status });
  await poll([notYet(403), notYet(404), TOKENS], { entry: { device: { pending_status: [403, 404] } } });
  expect(waited).toEqual([5, 5, 5]);
});

test("an approval whose exchange fails for now is a failure, since polling again would ask for a spent code", async () => {
  const approved = (): Response => Response.json({ code: "c", code_verifier: "v" });
  const entry: Entry = { device: { yields: "code", redirect_uri: "https://id.example/cb" } };
  expect(await failureOf(() => poll([approved, BUSY, approved, TOKENS], { entry }))).toMatchObject({
    exitStatus: 3,
  });
  expect(server.seen).toHaveLength(2);
});

test("the built-in OpenAI entry ends in tokens: interval as text, 403 pending, a code with its verifier", async () => {
  await using openai = await startOpenaiServer();
  const text = JSON.stringify(builtIn.providers.openai).replaceAll("https://auth.openai.com", openai.origin);
  const entry = { ...(JSON.parse(text) as Entry), client_id: OPENAI_CLIENT };
  const context = contextFor(providerAt(openai.origin, entry, true));
  const code = await requestDeviceCode(context);
  expect(code).toMatchObject({
    intervalSeconds: 1,
    lifetimeSeconds: 900,
    verificationUri: `${openai.origin}/codex/device`,
  });
  let polls = 0;
  const grant = await pollDevice(context, code, new AbortController().signal, {
    wait: async () => {
      polls += 1;
      if (polls === 3) openai.approve(code.userCode);
    },
  });
  expect(polls).toBe(3);
  expect(openai.accepts(grant.tokens.accessToken)).toBe(true);
  expect(grant.kept).toMatchObject({ account_id: "account-0001" });
  expect(openai.violations).toEqual([]);
});

test("the OpenAI stand-in with device codes switched off is said to be so", async () => {
  await using openai = await startOpenaiServer();
  openai.isDeviceDisabled = true;
  const text = JSON.stringify(builtIn.providers.openai).replaceAll("https://auth.openai.com", openai.origin);
  const entry = { ...(JSON.parse(text) as Entry), client_id: OPENAI_CLIENT };
  const context = contextFor(providerAt(openai.origin, entry, true));
  expect(await failureOf(() => requestDeviceCode(context))).toMatchObject({ code: "device_disabled" });
});
