/**
 * The guarded fetch: what it refuses, what it says, and whether a failed request may have arrived.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { connect } from "node:tls";
import { Failed, Unavailable } from "../src/errors.ts";
import { createGuardedFetch, type GuardedRequest, isSafeAddress } from "../src/guarded_fetch.ts";
import { failureOf, serve, type TestServer } from "./oauth/fixtures.ts";
import { startUntrustedServer } from "./servers/untrusted.ts";

const fetch = createGuardedFetch();
let server: TestServer;
let elsewhere: TestServer;

beforeAll(() => {
  elsewhere = serve(() => new Response("elsewhere"));
  server = serve(({ url }) => answerOf(url));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

function answerOf({ pathname, searchParams }: URL): Response {
  if (pathname === "/redirect") {
    return new Response("moved", {
      status: Number(searchParams.get("status")),
      headers: { location: `${elsewhere.origin}/stolen` },
    });
  }
  if (pathname === "/big") return new Response("x".repeat(Number(searchParams.get("size"))));
  return Response.json({ ok: true }, { status: 201, headers: { "x-answer": "yes" } });
}

function ask(path: string, more: Partial<GuardedRequest> = {}) {
  return fetch({ url: new URL(`${server.origin}${path}`), ...more });
}

async function unavailable(work: () => unknown): Promise<Unavailable> {
  const failure = await failureOf(work);
  expect(failure).toBeInstanceOf(Unavailable);
  return failure as Unavailable;
}

/** A server that does what `onData` says with a connection once something came. */
async function serveSocket(onData: (socket: Socket) => void): Promise<Server> {
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => onData(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return listener;
}

function portOf(listener: Server): number {
  return (listener.address() as AddressInfo).port;
}

test("an answer comes whole, with status, headers and text", async () => {
  const answer = await ask("/", { method: "POST", body: "a=b", headers: { "x-mine": "1" } });
  expect(answer).toMatchObject({ status: 201, text: '{"ok":true}' });
  expect(answer.headers.get("x-answer")).toBe("yes");
  expect(server.seen.at(-1)).toMatchObject({ method: "POST", text: "a=b" });
  expect(server.seen.at(-1)?.headers.get("x-mine")).toBe("1");
});

test.each([301, 302, 303, 307, 308])(
  "a redirect (%d) is refused, its body goes nowhere else (STANDARDS 21)",
  async (status) => {
    const failure = await failureOf(() =>
      ask(`/redirect?status=${status}`, { method: "POST", body: "refresh_token=secret" }),
    );
    expect(failure).toBeInstanceOf(Failed);
    expect(failure).toMatchObject({ code: "endpoint_redirects" });
    expect(elsewhere.seen).toEqual([]);
  },
);

test.each([
  "http://example.com/token",
  "http://127.0.0.1.example.com/",
  "http://127.0.0.2/",
  "ftp://127.0.0.1/",
])("%s is refused before anything is sent: neither https nor loopback (STANDARDS 35)", async (address) => {
  expect(await failureOf(() => fetch({ url: new URL(address) }))).toMatchObject({
    code: "insecure_endpoint",
  });
});

test.each(["https://example.com/", "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost/"])(
  "%s is safe",
  (address) => expect(isSafeAddress(new URL(address))).toBe(true),
);

test("an answer of 1 MiB is taken, one byte more is not", async () => {
  expect((await ask(`/big?size=${1024 * 1024}`)).text).toHaveLength(1024 * 1024);
  expect(await failureOf(() => ask(`/big?size=${1024 * 1024 + 1}`))).toMatchObject({
    code: "answer_too_large",
  });
});

describe("a failed request says whether it may have arrived:", () => {
  test("a refused connection: no", async () => {
    await using gone = serve(() => new Response());
    const url = new URL(`${gone.origin}/token?code=secret`);
    await gone[Symbol.asyncDispose]();
    const failure = await unavailable(() => fetch({ url, method: "POST", body: "a=b" }));
    expect(failure).toMatchObject({ sent: false, code: "network" });
    expect(failure.message).toContain(`"${url.origin}/token"`);
  });

  test("a name that does not resolve: no", async () => {
    const url = new URL("https://nowhere.invalid/");
    expect(await unavailable(() => fetch({ url }))).toMatchObject({ sent: false });
  });

  test("a server that speaks no TLS: no", async () => {
    const listener = await serveSocket((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const url = new URL(`https://127.0.0.1:${portOf(listener)}/`);
    expect(await unavailable(() => fetch({ url }))).toMatchObject({ sent: false });
    listener.close();
  });

  test("a connection reset after the request: yes", async () => {
    const listener = await serveSocket((socket) => void socket.resetAndDestroy());
    const url = new URL(`http://127.0.0.1:${portOf(listener)}/`);
    expect(await unavailable(() => fetch({ url, method: "POST", body: "a=b" }))).toMatchObject({
      sent: true,
    });
    listener.close();
  });

  test("a connection closed without an answer: yes", async () => {
    const listener = await serveSocket((socket) => void socket.end());
    const url = new URL(`http://127.0.0.1:${portOf(listener)}/`);
    expect(await unavailable(() => fetch({ url, method: "POST", body: "a=b" }))).toMatchObject({
      sent: true,
    });
    listener.close();
  });

  test("an answer that breaks off: yes", async () => {
    const listener = await serveSocket((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", () =>
        setTimeout(() => socket.destroy(), 20),
      );
    });
    const url = new URL(`http://127.0.0.1:${portOf(listener)}/`);
    expect(await unavailable(() => fetch({ url }))).toMatchObject({ sent: true, code: "network" });
    listener.close();
  });
});

describe("waiting ends", () => {
  let silent: Server;
  let stuck: Server;
  beforeAll(async () => {
    silent = await serveSocket(() => {});
    stuck = await serveSocket(
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
    );
  });
  afterAll(() => {
    silent.close();
    stuck.close();
  });

  test.each(["silent", "stuck"] as const)(
    "at the deadline, with a %s server, and the request may have arrived",
    async (which) => {
      const url = new URL(`http://127.0.0.1:${portOf(which === "silent" ? silent : stuck)}/`);
      const start = performance.now();
      const failure = await unavailable(() => fetch({ url, deadline: new Date(Date.now() + 100) }));
      expect(failure).toMatchObject({ sent: true, code: "timeout" });
      expect(performance.now() - start).toBeWithin(80, 2000);
    },
  );

  test.each(["silent", "stuck"] as const)(
    "when the caller gives up on a %s server, with the caller's reason",
    async (which) => {
      const url = new URL(`http://127.0.0.1:${portOf(which === "silent" ? silent : stuck)}/`);
      const giveUp = new AbortController();
      setTimeout(() => giveUp.abort(new Failed("the person gave up")), 50);
      expect(await failureOf(() => fetch({ url, signal: giveUp.signal }))).toBe(giveUp.signal.reason);
    },
  );
});

test("no message holds the query, the user part or the body", async () => {
  const secret = "s3cret";
  const unsafe = await failureOf(() =>
    fetch({ url: new URL(`http://${secret}@example.com/?code=${secret}`) }),
  );
  const redirected = await failureOf(() =>
    ask(`/redirect?status=302&code=${secret}`, { method: "POST", body: secret }),
  );
  const refused = await failureOf(() => fetch({ url: new URL(`https://127.0.0.1:9/?token=${secret}`) }));
  for (const { message } of [unsafe, redirected, refused]) expect(message).not.toContain(secret);
});

/** Runs a request in a process of its own with a hostile environment. */
async function askFromChild(url: string, environment: Record<string, string>): Promise<string> {
  const script = `
    const { createGuardedFetch } = await import("${import.meta.dir}/../src/guarded_fetch.ts");
    const fetch = createGuardedFetch();
    console.log(await fetch({ url: new URL(process.argv[1]) }).then((a) => a.text, (f) => f.code + " " + f.sent));`;
  const child = Bun.spawn([process.execPath, "-e", script, url], {
    env: { PATH: Bun.env["PATH"] ?? "", ...environment },
    stdout: "pipe",
    stderr: "pipe",
  });
  return (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
}

test("a self-signed certificate is refused, also with NODE_TLS_REJECT_UNAUTHORIZED=0 (STANDARDS 35)", async () => {
  await using untrusted = startUntrustedServer();
  const said = await askFromChild(`${untrusted.origin}/x`, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
  expect(said).toContain("certificate false");
  expect(untrusted.requests).toEqual([]);
});

/** The certificate that the server at `url` shows, as PEM. */
async function certificateOf({ hostname, port }: URL): Promise<string> {
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await new Promise<void>((resolve) => socket.once("secureConnect", resolve));
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return `-----BEGIN CERTIFICATE-----\n${raw.toString("base64")}\n-----END CERTIFICATE-----\n`;
}

test("a certificate is accepted where its authority was given", async () => {
  await using untrusted = startUntrustedServer();
  const trusting = createGuardedFetch([await certificateOf(new URL(untrusted.origin))]);
  expect((await trusting({ url: new URL(`${untrusted.origin}/x`) })).text).toBe("{}");
  expect(await failureOf(() => fetch({ url: new URL(`${untrusted.origin}/x`) }))).toMatchObject({
    code: "certificate",
  });
});

test.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY"])("%s does not capture loopback", async (name) => {
  await using proxy = serve(() => new Response("captured"));
  const host = server.origin.replace("127.0.0.1", "localhost");
  for (const origin of [server.origin, host]) {
    expect(await askFromChild(`${origin}/`, { [name]: proxy.origin })).toContain('{"ok":true}');
  }
  expect(proxy.seen).toEqual([]);
});

test("BUN_CONFIG_VERBOSE_FETCH prints nothing of a request", async () => {
  const said = await askFromChild(`${server.origin}/?token=s3cret`, { BUN_CONFIG_VERBOSE_FETCH: "curl" });
  expect(said).toBe('{"ok":true}\n');
});
