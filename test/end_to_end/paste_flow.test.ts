/**
 * A person on a machine without a browser logs in by pasting, in a real pseudo-terminal.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { prefer, publicEntry, readAddress, readToken, visit } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession, type Session } from "../drivers/terminal.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { ALICE, signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
  // What a shell on a VPS has.
  sandbox = await createSandbox({ SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", SSH_TTY: "/dev/pts/0" });
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await prefer(sandbox, { local: "paste" });
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function startPaste(label: string): Promise<{ session: Session; url: URL }> {
  const session = await startSession(sandbox, ["login", `local/${label}`]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/paste/i);
  return { session, url };
}

/** Whether somebody still listens where the provider would send the browser. */
async function isListening(redirectUri: string): Promise<boolean> {
  return await fetch(redirectUri).then(
    () => true,
    () => false,
  );
}

test("the address stands alone on its line, with the sentence a VPS user needs, and a paste logs in", async () => {
  const { session, url } = await startPaste("whole");
  await using _session = session;
  expect(session.transcript.text).toContain(`\n\n${url.href}\n`);
  expect(session.transcript.text).toMatch(/cannot be reached|can't be reached/i);
  await session.paste(await signIn(url.href));
  session.type("\r");
  await session.transcript.waitFor(/alice/);
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
  const userinfo = await server.userinfo(await readToken(sandbox, ["local/whole"]));
  expect(userinfo.status).toBe(200);
});

test("no token and no code reaches the screen by itself", async () => {
  const { session, url } = await startPaste("quiet");
  await using _session = session;
  const redirect = await signIn(url.href);
  await session.paste(redirect);
  expect(await session.exited).toBe(0);
  const token = await readToken(sandbox, ["local/quiet"]);
  expect(session.transcript.raw).not.toContain(token);
});

test("a bad paste says why and asks again", async () => {
  const { session, url } = await startPaste("again");
  await using _session = session;
  const redirect = new URL(await signIn(url.href));
  const foreign = new URL(redirect);
  foreign.searchParams.set("state", "another-login-altogether-0000000000000000000");
  await session.paste(foreign.href);
  session.type("\r");
  await session.transcript.waitFor(/state|another login|different login/i);
  await session.paste("hello");
  session.type("\r");
  await session.paste(redirect.href);
  session.type("\r");
  expect(await session.exited).toBe(0);
});

test("an address that the terminal broke into lines is put together again", async () => {
  const { session, url } = await startPaste("broken");
  await using _session = session;
  const redirect = await signIn(url.href);
  await session.paste((redirect.match(/.{1,40}/g) ?? []).join("\n"));
  session.type("\r");
  expect(await session.exited).toBe(0);
});

test("the callback ends the paste prompt, for those who forward the port", async () => {
  const { session, url } = await startPaste("forwarded");
  await using _session = session;
  expect(await visit(await signIn(url.href))).toContain("alice");
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
});

test("a good paste closes the listener (STANDARDS 6)", async () => {
  const { session, url } = await startPaste("closes");
  await using _session = session;
  const redirectUri = url.searchParams.get("redirect_uri") ?? "";
  expect(await isListening(redirectUri)).toBe(true);
  await session.paste(await signIn(url.href));
  session.type("\r");
  expect(await session.exited).toBe(0);
  expect(await isListening(redirectUri)).toBe(false);
});

test("a pasted refusal ends the login as refused, with exit 5", async () => {
  const { session, url } = await startPaste("refused");
  await using _session = session;
  await session.paste(await signIn(url.href, { ...ALICE, decision: "deny" }));
  session.type("\r");
  expect(await session.exited).toBe(5);
  expect(await session.isRestored()).toBe(true);
});

test("ctrl-C at the prompt ends with 130 and leaves the terminal as it was", async () => {
  const { session } = await startPaste("interrupted");
  await using _session = session;
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(await session.isRestored()).toBe(true);
});
