/**
 * What a person is told whose ctrl-C does not end the program at once, in a real terminal, of providers that hang.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { begin, logIn, prefer, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type Session, startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

/** Longer than any test takes. */
const FOR_EVER = 120_000;
/** Milliseconds in which the line is there, and in which a second ctrl-C ends the program. */
const SOON = 3000;
const LINE = /ends it\s+now/;

let server: DeviceServer;
let sandbox: Sandbox;
/** Where revocations go: how many came, and the milliseconds that each takes. */
let revocations: { server: ReturnType<typeof Bun.serve>; seen: number; milliseconds: number };

beforeEach(async () => {
  server = startDeviceServer();
  revocations = { server: serveRevocations(), seen: 0, milliseconds: 0 };
  sandbox = await createSandbox();
  const endpoint = `http://127.0.0.1:${revocations.server.port}/revoke`;
  await sandbox.writeRegistry({ quick: { ...server.entry, revocation_endpoint: endpoint } });
  await prefer(sandbox, { quick: "paste" });
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await revocations.server.stop(true);
});

function serveRevocations(): ReturnType<typeof Bun.serve> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async () => {
      revocations.seen += 1;
      await Bun.sleep(revocations.milliseconds);
      return new Response();
    },
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(20);
}

function requests(grantType: string): number {
  return server.seen.filter((seen) => seen === grantType).length;
}

/** Something that is seen through: how to come to hang in it for so many milliseconds, and what is said of it. */
interface Hanging {
  readonly start: (milliseconds: number) => Promise<Session>;
  readonly says: string;
  /** What it was waited for: nothing of it is lost. */
  readonly isSeenThrough: () => Promise<void>;
}

/** A login that waits for its answer, whose code will take so many milliseconds, and the answer. */
async function askedForAnswer(milliseconds: number): Promise<{ session: Session; answer: string }> {
  server.exchangeMilliseconds = milliseconds;
  const session = await startSession(sandbox, ["login", "quick", "--no-browser"], { columns: 1000 });
  const [, redirect = "", state = ""] = await session.transcript.waitFor(
    /redirect_uri=([^&\s]+)\S*[&?]state=([\w-]+)/,
  );
  await session.transcript.waitFor(/Paste the address here/);
  return {
    session,
    answer: `${decodeURIComponent(redirect)}?code=authorization-code-0001&state=${state}`,
  };
}

const HANGING: Readonly<Record<string, Hanging>> = {
  "the poll of a device login": {
    async start(milliseconds) {
      server.pollMilliseconds = milliseconds;
      const session = await startSession(sandbox, ["login", "quick", "--method", "device"], { rows: 30 });
      await session.transcript.waitFor(/Waiting for the code/);
      await until(() => server.polls.length === 1);
      server.decide("approve");
      return session;
    },
    says: 'Waiting for the answer of "quick", as it may bring the tokens of "quick"',
    isSeenThrough: async () => expect(await readToken(sandbox, ["quick"])).toStartWith("access-"),
  },
  "the poll of a device login that was begun": {
    async start(milliseconds) {
      server.pollMilliseconds = milliseconds;
      const begun = await sandbox.run(["login", "quick", "--begin", "--method", "device"]);
      const { state } = JSON.parse(begun.stdout) as { state: string };
      const session = await startSession(sandbox, ["finish", "--state", state]);
      await until(() => server.polls.length === 1);
      server.decide("approve");
      return session;
    },
    says: 'Waiting for the answer of "quick", as it may bring the tokens of "quick"',
    isSeenThrough: async () => expect(await readToken(sandbox, ["quick"])).toStartWith("access-"),
  },
  "the code exchange of a pasted answer": {
    async start(milliseconds) {
      const { session, answer } = await askedForAnswer(milliseconds);
      await session.paste(answer);
      session.type("\r");
      await until(() => requests("authorization_code") === 1);
      return session;
    },
    says: 'Waiting for the tokens of "quick", as its code is spent already',
    isSeenThrough: async () => expect(await readToken(sandbox, ["quick"])).toStartWith("access-"),
  },
  "the code exchange of an answer that was called back": {
    async start(milliseconds) {
      const { session, answer } = await askedForAnswer(milliseconds);
      void fetch(answer).catch(() => {});
      await until(() => requests("authorization_code") === 1);
      return session;
    },
    says: 'Waiting for the tokens of "quick", as its code is spent already',
    isSeenThrough: async () => expect(await readToken(sandbox, ["quick"])).toStartWith("access-"),
  },
  "a refresh": {
    async start(milliseconds) {
      await logIn(sandbox, ["quick"]);
      server.exchangeMilliseconds = milliseconds;
      const session = await startSession(sandbox, ["refresh", "quick"]);
      await until(() => requests("refresh_token") === 1);
      return session;
    },
    says: 'Waiting for the new token of "quick", as the old refresh token may be spent',
    isSeenThrough: async () => {
      expect((await sandbox.run(["token", "quick"])).status).toBe(0);
      expect(requests("refresh_token")).toBe(1);
    },
  },
  "a revocation": {
    async start(milliseconds) {
      await logIn(sandbox, ["quick"]);
      revocations.milliseconds = milliseconds;
      const session = await startSession(sandbox, ["logout", "quick"]);
      await until(() => revocations.seen === 1);
      return session;
    },
    says: 'Waiting for "quick" to revoke "quick", as it was asked already',
    isSeenThrough: async () => expect((await sandbox.run(["token", "quick"])).status).toBe(4),
  },
};

describe.each(Object.entries(HANGING))("ctrl-C during %s", (_what, { start, says, isSeenThrough }) => {
  test("says soon what is waited for, and the next ctrl-C ends it at once", async () => {
    await using session = await start(FOR_EVER);
    let begun = performance.now();
    session.type("\x03");
    await session.transcript.waitFor(LINE);
    expect(performance.now() - begun).toBeWithin(200, SOON);
    const told = session.transcript.text.replaceAll(/\s+/g, " ");
    expect(told).toContain(says);
    expect(told).toContain("; ctrl-C again ends it now");
    begun = performance.now();
    session.type("\x03");
    expect(await session.exited).toBe(130);
    expect(performance.now() - begun).toBeLessThan(SOON);
    expect(await session.isRestored()).toBe(true);
  });

  test("says it once, and what is waited for is seen through", async () => {
    await using session = await start(2000);
    session.type("\x03");
    await session.exited;
    expect(session.transcript.text.split(LINE)).toHaveLength(2);
    expect(await session.isRestored()).toBe(true);
    server.exchangeMilliseconds = 0;
    await isSeenThrough();
  });
});

test("where the answer is there at once nothing is said of it", async () => {
  server.exchangeMilliseconds = 600;
  const { redirect_uri: redirectUri, state } = await begin(sandbox, ["quick"]);
  await using running = await sandbox.start(["finish"]);
  running.write(`${redirectUri}?code=authorization-code-0001&state=${state}`);
  running.endInput();
  await until(() => requests("authorization_code") === 1);
  await Bun.sleep(500);
  running.signal("SIGINT");
  expect((await running.outcome).stderr).not.toMatch(LINE);
});

test("where nothing is waited for nothing is said of it", async () => {
  await using session = await startSession(sandbox, ["login", "quick", "--no-browser"]);
  await session.transcript.waitFor(/Paste the address here/);
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(session.transcript.text).not.toMatch(LINE);
});

describe("without a terminal", () => {
  /** A `finish --json` whose code is on its way for so many milliseconds. */
  async function finishing(milliseconds: number) {
    server.exchangeMilliseconds = milliseconds;
    const { redirect_uri: redirectUri, state } = await begin(sandbox, ["quick"]);
    const running = await sandbox.start(["finish", "--json"]);
    running.write(`${redirectUri}?code=authorization-code-0001&state=${state}`);
    running.endInput();
    await until(() => requests("authorization_code") === 1);
    return running;
  }

  test("the line is on standard error, and standard output is JSON alone", async () => {
    await using running = await finishing(2000);
    running.signal("SIGTERM");
    const { stdout, stderr } = await running.outcome;
    expect(stderr).toMatch(/^Waiting for the tokens of "quick".*; a second SIGTERM ends it now$/m);
    expect(JSON.parse(stdout)).toMatchObject({ provider: "quick", account: "default" });
    expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
  });

  test("a second signal of whatever kind ends it, but a hang-up that is told twice does not", async () => {
    {
      await using ended = await finishing(FOR_EVER);
      ended.signal("SIGINT");
      await ended.stderr.waitFor(LINE);
      ended.signal("SIGTERM");
      expect((await ended.outcome).status).toBe(143);
    }
    server.seen.length = 0;
    await using running = await finishing(2000);
    running.signal("SIGHUP");
    await running.stderr.waitFor(/; SIGTERM ends it now/);
    running.signal("SIGHUP");
    await running.outcome;
    expect(await readToken(sandbox, ["quick"])).toStartWith("access-");
  });
});

describe("when its window is closed, a refresh is seen through that was started", () => {
  async function expectRefreshed(): Promise<void> {
    const { stdout } = await sandbox.run(["status", "--json"]);
    const at = expect.any(String) as string;
    expect(JSON.parse(stdout)).toMatchObject([{ last_refresh: at, state: "alive" }]);
  }

  test("by the terminal", async () => {
    await using session = await (HANGING["a refresh"] as Hanging).start(1500);
    session.hangUp();
    await session.exited;
    await expectRefreshed();
  });

  test("by a shell, which passes the signal on before the kernel sends it again", async () => {
    await logIn(sandbox, ["quick"]);
    server.exchangeMilliseconds = 1500;
    const through = ["bash", "--norc", "-i", "-s"];
    await using session = await startSession(sandbox, ["refresh", "quick"], { through });
    session.type('"$@"\r');
    await until(() => requests("refresh_token") === 1);
    session.hangUp();
    await session.exited;
    await Bun.sleep(3000);
    await expectRefreshed();
  });
});
