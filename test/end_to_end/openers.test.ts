/**
 * Programs that open browsers, well and badly, with the built binary in a terminal of a desktop.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readAddress, visit } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { signIn } from "../servers/person.ts";

let server: DeviceServer;
let sandbox: Sandbox;
let programs: string;

beforeAll(() => {
  server = startDeviceServer();
});

beforeEach(async () => {
  sandbox = await createSandbox({ DISPLAY: ":0" });
  await sandbox.writeRegistry({ local: server.entry });
  programs = join(sandbox.folder, "programs");
  await mkdir(programs);
  sandbox.environment["PATH"] = `${programs}:/usr/bin:/bin`;
});

afterEach(() => sandbox[Symbol.asyncDispose]());
afterAll(() => server[Symbol.asyncDispose]());

/** A program that notes its arguments, and then does `more`. */
async function program(name: string, more = ""): Promise<void> {
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > '${programs}/${name}.ran'\n${more}\n`;
  await writeFile(join(programs, name), script, { mode: 0o755 });
}

function argumentsOf(name: string): Promise<string> {
  return readFile(join(programs, `${name}.ran`), "utf8").catch(() => "");
}

/** What a program was started with; it starts beside the login, so it may take a moment. */
async function startedWith(name: string): Promise<string> {
  for (let tries = 0; tries < 100 && (await argumentsOf(name)) === ""; tries++) await Bun.sleep(20);
  return argumentsOf(name);
}

test("an opener that hangs is not waited for, neither during the login nor at its end", async () => {
  await program("xdg-open", "exec sleep 20");
  await using session = await startSession(sandbox, ["login", "local"]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  expect(await startedWith("xdg-open")).toBe(`${url.href}\n`);
  const start = performance.now();
  await visit(await signIn(url.href));
  expect(await session.exited).toBe(0);
  expect(performance.now() - start).toBeLessThan(5000);
});

test("an opener that fails changes nothing but a line of text", async () => {
  await program("xdg-open", "exit 3");
  await program("gio", "exit 4");
  await using session = await startSession(sandbox, ["login", "local"]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/No browser could be opened: "gio" ended with status 4/);
  await session.transcript.waitFor(/Paste the address here/);
  await session.paste(await signIn(url.href));
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
});

/** The sentence that a person needs whose browser may be on another machine. */
const EXPLANATION = /copy the whole address\s+from the address bar and paste it here/;

test("where none opened, the person is told what to paste, and why the page may not load", async () => {
  await program("xdg-open", "exit 3");
  await program("gio", "exit 4");
  await using session = await startSession(sandbox, ["login", "local"]);
  await session.transcript.waitFor(/No browser could be opened/);
  await session.transcript.waitFor(/Open the address above in a browser/);
  await session.transcript.waitFor(/the browser may say that the site cannot be reached/);
  await session.transcript.waitFor(EXPLANATION);
  await session.transcript.waitFor(/Paste the address here/);
  expect(session.transcript.text).not.toContain("ssh -L");
});

test("over SSH too, with the command that forwards the port", async () => {
  await program("xdg-open", "exit 3");
  await program("gio", "exit 4");
  Object.assign(sandbox.environment, {
    SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22",
    USER: "alice",
    LOGNAME: "alice",
  });
  await using session = await startSession(sandbox, ["login", "local", "--method", "browser"]);
  const url = await readAddress(session.transcript);
  const { port } = new URL(url.searchParams.get("redirect_uri") ?? "");
  await session.transcript.waitFor(/No browser could be opened/);
  await session.transcript.waitFor(EXPLANATION);
  await session.transcript.waitFor(
    new RegExp(`^ssh -L ${port}:localhost:${port} \\S+@192\\.0\\.2\\.2$`, "m"),
  );
  await session.paste(await signIn(url.href));
  expect(await session.exited).toBe(0);
});

test("where another login takes the port after a browser opened, it is explained too", async () => {
  await program("xdg-open");
  using free = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = free;
  await free.stop(true);
  await sandbox.writeRegistry({ fixed: { ...server.entry, redirect: { port } } });
  await using older = await startSession(sandbox, ["login", "fixed/older"]);
  await older.transcript.waitFor(/Paste the address here/);
  expect(older.transcript.text).not.toMatch(EXPLANATION);
  await using newer = await startSession(sandbox, ["login", "fixed/newer"]);
  await older.transcript.waitFor(
    /Another login needs port \d+ and has it now; paste the answer\s+here instead/,
  );
  await older.transcript.waitFor(/the browser may say that the site cannot be reached/);
  await older.transcript.waitFor(EXPLANATION);
  await newer.transcript.waitFor(/Paste the address here/);
  expect(newer.transcript.text).not.toMatch(EXPLANATION);
});

test("a browser that opens is explained nothing, unless nobody listens for its answer", async () => {
  await program("xdg-open");
  await using session = await startSession(sandbox, ["login", "local"]);
  await session.transcript.waitFor(/Paste the address here/);
  expect(session.transcript.text).not.toMatch(EXPLANATION);
  const redirect = { uri: "https://login.example/callback" };
  await sandbox.writeRegistry({ elsewhere: { ...server.entry, redirect } });
  await using deaf = await startSession(sandbox, ["login", "elsewhere"]);
  await deaf.transcript.waitFor(/Paste the address here/);
  expect(deaf.transcript.text.match(new RegExp(EXPLANATION, "g"))).toHaveLength(1);
});

test("where no opener is, the login goes on by the printed address", async () => {
  sandbox.environment["PATH"] = programs;
  await using session = await startSession(sandbox, ["login", "local"]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/No browser could be opened: no program/);
  await session.paste(await signIn(url.href));
  expect(await session.exited).toBe(0);
});

test("an opener cannot take the terminal over, as a text browser would", async () => {
  await program("xdg-open", `(echo TAKEN > /dev/tty) 2>/dev/null; (stty raw < /dev/tty) 2>/dev/null; cat`);
  await using session = await startSession(sandbox, ["login", "local"]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  await Bun.sleep(300);
  expect(await session.screen()).not.toContain("TAKEN");
  await session.paste(await signIn(url.href));
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
});

test("BROWSER with a text browser opens nothing, and the person is asked to paste", async () => {
  await program("lynx");
  await program("xdg-open");
  sandbox.environment["BROWSER"] = "lynx";
  await using session = await startSession(sandbox, ["login", "local", "--method", "auto"]);
  await session.transcript.waitFor(/No browser opens here/);
  expect(await argumentsOf("lynx")).toBe("");
  expect(await argumentsOf("xdg-open")).toBe("");
});

test("WSL opens the browser of Windows, with the address as one argument", async () => {
  delete sandbox.environment["DISPLAY"];
  Object.assign(sandbox.environment, { WSL_DISTRO_NAME: "Debian", WSL_INTEROP: "/run/WSL/1_interop" });
  await program("rundll32.exe");
  await using session = await startSession(sandbox, ["login", "local"]);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  expect(await startedWith("rundll32.exe")).toBe(`url.dll,FileProtocolHandler\n${url.href}\n`);
});
