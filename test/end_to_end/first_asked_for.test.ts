/**
 * The behaviours first asked for, by name, each on the built binary.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import {
  begin,
  logIn,
  prefer,
  publicEntry,
  readAddress,
  readToken,
  startLogin,
  visit,
} from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Running, Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("file", async (machine) => {
  ({ server, sandbox } = machine);
  await sandbox.writeRegistry({
    local: publicEntry(server),
    named: { ...publicEntry(server), redirect: { host: "localhost", port: "any" } },
  });
  await prefer(sandbox, { local: "paste" });
});

async function waitAtCallback(account: string): Promise<{ running: Running; url: URL; redirectUri: URL }> {
  const { running, url } = await startLogin(sandbox, [account]);
  return { running, url, redirectUri: new URL(url.searchParams.get("redirect_uri") ?? "") };
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

describe("server initialisation", () => {
  test("the callback server is up before the address is printed, on the port in it (STANDARDS 3, 5, 7)", async () => {
    const { running, redirectUri } = await waitAtCallback("local");
    await using _running = running;
    expect(redirectUri.hostname).toBe("127.0.0.1");
    expect(await canConnect("127.0.0.1", Number(redirectUri.port))).toBe(true);
  });

  test("for localhost it listens on IPv4 and IPv6, on the same port (STANDARDS 4)", async () => {
    const { running, redirectUri } = await waitAtCallback("named");
    await using _running = running;
    expect(redirectUri.hostname).toBe("localhost");
    expect(await canConnect("127.0.0.1", Number(redirectUri.port))).toBe(true);
    expect(await canConnect("::1", Number(redirectUri.port))).toBe(await hasIpv6());
  });

  test("two logins at once get two ports", async () => {
    const [first, second] = await Promise.all([waitAtCallback("local/a"), waitAtCallback("local/b")]);
    await using _first = first.running;
    await using _second = second.running;
    expect(first.redirectUri.port).not.toBe(second.redirectUri.port);
  });
});

/** Containers without IPv6 have no ::1. */
async function hasIpv6(): Promise<boolean> {
  try {
    await Bun.serve({ hostname: "::1", port: 0, fetch: () => new Response() }).stop(true);
    return true;
  } catch {
    return false;
  }
}

test("state generation: 256 bits, in base64url, never twice (STANDARDS 9)", async () => {
  const states = await Promise.all(
    Array.from({ length: 5 }, async () => (await begin(sandbox, ["local"])).state),
  );
  expect(new Set(states).size).toBe(5);
  for (const state of states) expect(Buffer.from(state, "base64url").length).toBeGreaterThanOrEqual(32);
});

test("successful callback: the page names the person, the account is kept, the token works", async () => {
  const { status, page } = await logIn(sandbox, ["local/success"]);
  expect(page).toContain("alice");
  expect(status).toBe(0);
  expect((await server.userinfo(await readToken(sandbox, ["local/success"]))).status).toBe(200);
});

describe("state mismatch", () => {
  const strays: readonly (readonly [what: string, change: (redirect: URL) => RequestInfo | Request])[] = [
    ["another state", (redirect) => edit(redirect, "state", "A".repeat(43))],
    ["no state", (redirect) => edit(redirect, "state", undefined)],
    ["an error with another state", (redirect) => `${redirect.origin}/callback?error=access_denied&state=x`],
    ["another path", (redirect) => `${redirect.origin}/favicon.ico`],
    [
      "another Host (STANDARDS 71)",
      (redirect) => new Request(redirect, { headers: { host: "evil.example" } }),
    ],
    ["HEAD (STANDARDS 72)", (redirect) => new Request(redirect, { method: "HEAD" })],
    ["POST (STANDARDS 72)", (redirect) => new Request(redirect, { method: "POST", body: "x=1" })],
    ["a prefetch", (redirect) => new Request(redirect, { headers: { "sec-purpose": "prefetch" } })],
  ];

  test.each(strays)("%s is turned away, and the wait goes on (STANDARDS 14, 70)", async (_what, change) => {
    const { running, url } = await waitAtCallback("local/strays");
    await using _running = running;
    const redirect = new URL(await signIn(url.href));
    const stray = await fetch(change(redirect), { redirect: "manual" });
    expect(stray.status).toBeWithin(400, 500);
    expect(server.seen.at(-1)?.route).not.toBe("token");
    expect(await visit(redirect.href)).toContain("alice");
    expect((await running.outcome).status).toBe(0);
  });

  function edit(address: URL, name: string, value: string | undefined): string {
    const changed = new URL(address);
    if (value === undefined) changed.searchParams.delete(name);
    else changed.searchParams.set(name, value);
    return changed.href;
  }
});

test("local flow: one command, one visit to the browser, one token", async () => {
  const { status, stdout } = await logIn(sandbox, ["local/laptop", "--no-browser"]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(await readToken(sandbox, ["local/laptop"])).toMatch(/^[\x21-\x7e]+$/);
});

test("VPS flow: the address on the screen, the answer pasted, and the callback port unused", async () => {
  const environment = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22" };
  await using session = await startSession(sandbox, ["login", "local/vps"], { environment, columns: 60 });
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/paste/i);
  await session.paste(await signIn(url.href));
  session.type("\r");
  expect(await session.exited).toBe(0);
  expect((await server.userinfo(await readToken(sandbox, ["local/vps"]))).status).toBe(200);
});
