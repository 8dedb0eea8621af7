/**
 * Every prompt in real pseudo-terminals: wide, narrow, without colour, without anything.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prefer, readAddress, visit } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { signIn } from "../servers/person.ts";

const REMOTE = { USER: "root", SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", SSH_TTY: "/dev/pts/0" };
const CTRL_C = "\x03";

let server: DeviceServer;

beforeAll(() => {
  server = startDeviceServer();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A VPS; `paste`: without a device flow, so that the address comes at once. */
async function remote(): Promise<Sandbox> {
  const sandbox = await createSandbox(REMOTE);
  const { device_authorization_endpoint: _device, ...paste } = server.entry;
  const asking = { ...server.entry, variables: { tenant: { prompt: "Directory (tenant)" } } };
  const authorization = `${server.origin}/authorize?tenant={tenant}`;
  await sandbox.writeRegistry({
    code: server.entry,
    paste,
    asking: { ...asking, authorization_endpoint: authorization },
  });
  return sandbox;
}

async function startPaste(sandbox: Sandbox, options: Parameters<typeof startSession>[2] = {}) {
  const session = await startSession(sandbox, ["login", "paste"], options);
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  return { session, url };
}

/** What changes from run to run, made equal in length and content. */
function masked(screen: string): string {
  return screen
    .replaceAll(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:00000")
    .replaceAll(/127\.0\.0\.1%3A\d{5}/g, "127.0.0.1%3A00000")
    .replaceAll(/\b\d{5}:localhost:\d{5}/g, "00000:localhost:00000")
    .replaceAll(/\(\d+:\d\d left\)/g, "(0:00 left)");
}

/** The state and the challenge are random, and a narrow screen breaks them anywhere: what stands between is cut out. */
function withoutRandom(screen: string): string {
  return masked(screen).replace(
    /state=[\s\S]*?code_challenge_method=S256/,
    "state=…&code_challenge_method=S256",
  );
}

describe("the screen as a person sees it", () => {
  test.each([40, 80, 200])("an address to open, at %d columns", async (columns) => {
    await using sandbox = await remote();
    const { session } = await startPaste(sandbox, { columns, rows: 40 });
    await using _session = session;
    await Bun.sleep(150);
    expect(withoutRandom(await session.screen())).toMatchSnapshot();
  });

  test.each([40, 80, 200])("a code for another device, with its QR code, at %d columns", async (columns) => {
    await using sandbox = await remote();
    await using session = await startSession(sandbox, ["login", "code", "--method", "device"], {
      columns,
      rows: 60,
    });
    await session.transcript.waitFor(/Waiting for the code/);
    const screen = await session.screen();
    // The picture holds the port, which differs from run to run.
    expect(masked(screen).replaceAll(/^[█▀▄ ]+\n/gm, "")).toMatchSnapshot();
    expect(screen).toContain("▀▀▀▀▀▀▀▀");
  });

  test.each([40, 80, 200])("the question which way to go, at %d columns", async (columns) => {
    await using sandbox = await remote();
    await using session = await startSession(sandbox, ["login", "code"], { columns });
    await session.transcript.waitFor(/paste/);
    await Bun.sleep(100);
    expect(masked(await session.screen())).toMatchSnapshot();
  });
});

describe("ctrl-C restores the terminal: stty -a says the same before and after", () => {
  const prompts: [string, string[], RegExp, string][] = [
    ["which provider", ["login"], /Which provider/, ""],
    ["which way", ["login", "code"], /How do you want/, ""],
    ["a value", ["login", "asking"], /Directory \(tenant\)/, ""],
    ["a paste", ["login", "paste"], /Paste the address/, ""],
    ["a paste that was begun", ["login", "paste"], /Paste the address/, "half"],
    ["a code", ["login", "code", "--method", "device"], /Waiting for the code/, ""],
  ];
  test.each(prompts)("at the question for %s", async (_name, args, question, keys) => {
    await using sandbox = await remote();
    const script = 'stty -a > before; "$0" "$@"; status=$?; stty -a > after; exit $status';
    await using session = await startSession(sandbox, args, { through: ["sh", "-c", script] });
    await session.transcript.waitFor(question);
    await Bun.sleep(60);
    session.type(keys);
    session.type(CTRL_C);
    expect(await session.exited).toBe(130);
    expect(await session.isRestored()).toBe(true);
    const [before, after] = await Promise.all(
      ["before", "after"].map((name) => readFile(join(sandbox.workFolder, name), "utf8")),
    );
    expect(before).toContain("icanon");
    expect(after).toBe(before as string);
  });
});

test("an answer of 6,000 characters, pasted in one go, logs in", async () => {
  await using sandbox = await remote();
  const { session, url } = await startPaste(sandbox);
  await using _session = session;
  const answer = new URL(await signIn(url.href));
  answer.searchParams.set("session_state", "x".repeat(6000));
  await session.paste(answer.href);
  expect(await session.exited).toBe(0);
});

test("the callback that comes while the person is half way through typing logs in, and the terminal is restored", async () => {
  await using sandbox = await remote();
  const { session, url } = await startPaste(sandbox);
  await using _session = session;
  session.type("http://127.0.0.1:1/half");
  await session.transcript.waitFor(/half/);
  await visit(await signIn(url.href));
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
  expect(await session.screen()).toMatch(/Logged in to paste$/);
});

describe("keys", () => {
  test("c copies the address to the person's own clipboard (OSC 52), and what is typed afterwards is kept", async () => {
    await using sandbox = await remote();
    const { session, url } = await startPaste(sandbox);
    await using _session = session;
    session.type("c");
    await session.transcript.waitFor(/The address is in the clipboard/);
    expect(session.transcript.raw).toContain(`\x1b]52;c;${btoa(url.href)}\x07`);
    await Bun.sleep(100);
    session.type("code and more");
    await Bun.sleep(100);
    expect(await session.screen()).toContain("│  code and more");
  });

  test("inside tmux, as it comes, the address reaches the clipboard of the terminal around it", async () => {
    await using sandbox = await remote();
    const through = ["tmux", "-L", `keyfob-${process.pid}`, "-f", "/dev/null", "new-session"];
    await using session = await startSession(sandbox, ["login", "paste"], { through, rows: 40 });
    await session.transcript.waitFor(/Paste the address here/);
    session.type("c");
    await session.transcript.waitFor(/The address is in the clipboard/);
    await Bun.sleep(300);
    // oxlint-disable-next-line no-control-regex -- terminals send this
    const [, copied = ""] = /\x1b\]52;[a-z]*;([A-Za-z0-9+/=]+)/.exec(session.transcript.raw) ?? [];
    expect(atob(copied)).toStartWith(`${server.origin}/authorize?response_type=code`);
    session.type(CTRL_C);
    await session.exited;
  });

  test("q shows the address as a QR code where it fits, and says so where it does not", async () => {
    await using sandbox = await remote();
    const wide = await startPaste(sandbox, { columns: 100, rows: 70 });
    await using wideSession = wide.session;
    wideSession.type("q");
    await wideSession.transcript.waitFor(/█▀▀|▀▀█|▄▄▄▄▄/);
    const narrow = await startPaste(sandbox, { columns: 40 });
    await using narrowSession = narrow.session;
    narrowSession.type("q");
    await narrowSession.transcript.waitFor(/A QR code of this address needs\s+\d+/);
  });

  test("an address longer than any QR code holds: q says so, and the login goes on", async () => {
    await using sandbox = await remote();
    const scope = Array.from({ length: 100 }, (_, index) => `https://id.acme.example/scope.${index}`).join(
      " ",
    );
    await using session = await startSession(sandbox, ["login", "paste", "--scope", scope], { rows: 70 });
    const url = await readAddress(session.transcript);
    await session.transcript.waitFor(/Paste the address here/);
    session.type("q");
    await session.transcript.waitFor(/too long for a QR code/);
    await session.paste(await signIn(url.href));
    expect(await session.exited).toBe(0);
  });
});

describe("what a terminal can do", () => {
  test("an address that is broken into lines gets one line to click (OSC 8) where links are known", async () => {
    await using sandbox = await remote();
    const { session, url } = await startPaste(sandbox, { environment: { TERM_PROGRAM: "WezTerm" } });
    await using _session = session;
    expect(session.transcript.raw).toContain(`\x1b]8;;${url.href}\x1b\\Click here to open it\x1b]8;;\x1b\\`);
    expect(session.transcript.text).toContain(`\n\n${url.href}\n`);
  });

  test("nothing to click where nobody knows whether the terminal can", async () => {
    await using sandbox = await remote();
    const { session } = await startPaste(sandbox);
    await using _session = session;
    expect(session.transcript.raw).not.toContain("\x1b]8;");
  });

  test("TERM=dumb: a whole login with not one control sequence", async () => {
    await using sandbox = await remote();
    const { session, url } = await startPaste(sandbox, { environment: { TERM: "dumb" } });
    await using _session = session;
    session.type("wrong\x7f\x7f\x7f\x7f\x7f");
    await session.paste(await signIn(url.href));
    expect(await session.exited).toBe(0);
    expect(await session.isRestored()).toBe(true);
    // Nothing but the cursor is touched, and that only at the end.
    expect(session.transcript.raw.replaceAll("\x1b[?25h\x1b[?2004l", "")).not.toContain("\x1b");
  });

  test("TERM=dumb: the choices are numbered, and a code logs in", async () => {
    await using sandbox = await remote();
    await using session = await startSession(sandbox, ["login", "code"], { environment: { TERM: "dumb" } });
    await session.transcript.waitFor(/1 {2}Enter a short code[\s\S]*2 {2}Open an address[\s\S]*Number: /);
    session.type("3\r");
    await session.transcript.waitFor(/Type a number from 1 to 2/);
    session.type("1\r");
    await session.transcript.waitFor(/Waiting for the code/);
    server.decide("approve");
    expect(await session.exited).toBe(0);
  });

  test("8 columns: questions are asked without redrawing, and no piece of a control sequence is shown", async () => {
    await using sandbox = await remote();
    await using session = await startSession(sandbox, ["login", "code"], { columns: 8, rows: 200 });
    await session.transcript.waitFor(/1 {2}Enter[\s\S]*2 {2}Open[\s\S]*Number: /);
    session.type("2\r");
    await session.transcript.waitFor(/Paste the address here: /);
    expect(await session.screen()).not.toContain("[");
    session.type(CTRL_C);
    expect(await session.exited).toBe(130);
    expect(await session.isRestored()).toBe(true);
  });

  test("NO_COLOR: no colour, and nothing moves while the login waits", async () => {
    await using sandbox = await remote();
    await prefer(sandbox, {});
    const { session, url } = await startPaste(sandbox, { environment: { NO_COLOR: "1" } });
    await using _session = session;
    await Bun.sleep(300);
    const before = session.transcript.raw;
    await Bun.sleep(1300);
    expect(session.transcript.raw).toBe(before);
    // oxlint-disable-next-line no-control-regex -- colours are such sequences
    expect(before).not.toMatch(/\x1b\[(?:1|2|3[0-7]|9[0-7])m/);
    expect(before).not.toMatch(/\d:\d\d left/);
    await session.paste(await signIn(url.href));
    expect(await session.exited).toBe(0);
  });

  test("with colour, a countdown shows the time that is left", async () => {
    await using sandbox = await remote();
    const { session } = await startPaste(sandbox);
    await using _session = session;
    await session.transcript.waitFor(/4:5\d/);
    await session.transcript.waitFor(/4:5[0-8]/);
  });
});

test("what failed and its hint are broken between words, and never within a command", async () => {
  await using sandbox = await createSandbox();
  await using session = await startSession(sandbox, ["logout"], { columns: 48 });
  expect(await session.exited).toBe(2);
  expect(await session.screen()).toBe(`keyfob: Cannot tell whom to log out: name one
        account, or give --all alone
  hint: keyfob logout ACCOUNT, or
        keyfob logout --all;
        keyfob status lists the accounts`);
});

test("import asks in whole words on a narrow screen", async () => {
  await using sandbox = await createSandbox();
  await using session = await startSession(sandbox, ["import"], { columns: 40 });
  await session.transcript.waitFor(/ctrl-D:/);
  const lines = (await session.screen()).trimEnd().split("\n");
  expect(lines.slice(0, 2)).toEqual(["Paste what keyfob export printed, then", "end with ctrl-D:"]);
  session.type(CTRL_C);
  expect(await session.exited).toBe(130);
});
