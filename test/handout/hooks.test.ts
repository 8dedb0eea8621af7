/**
 * Hooks: the person's own programs hear of refreshes and of logins that are needed.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { writeProgram } from "../drivers/program.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;
/** A program that writes each event to `heard`, and its environment to `environment`. */
let listener: string;

beforeEach(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  listener = await writeProgram(
    sandbox,
    "listener",
    `cat >> '${sandbox.folder}/heard'; env > '${sandbox.folder}/environment'; echo noise; echo "$@"`,
  );
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function configure(hooks: object): Promise<void> {
  await Bun.write(join(sandbox.home, "config.json"), JSON.stringify({ hooks }));
}

/** Every event so far. */
async function heard(): Promise<Record<string, unknown>[]> {
  const file = Bun.file(join(sandbox.folder, "heard"));
  const text = (await file.exists()) ? await file.text() : "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("on_refresh", () => {
  test("hears who was refreshed and until when, without any token", async () => {
    await configure({ on_refresh: [listener, "one", "two words"] });
    const { stdout, stderr, status } = await sandbox.run(["refresh", "local", "--json"]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    const { expires_at } = JSON.parse(stdout) as { expires_at: string };
    const events = await heard();
    expect(events).toEqual([
      {
        event: "on_refresh",
        provider: "local",
        account: "default",
        subject: "alice",
        display: "alice@example.test",
        expires_at,
      },
    ]);
    const everything = JSON.stringify(events) + (await Bun.file(join(sandbox.folder, "environment")).text());
    expect([...server.secrets].filter((secret) => everything.includes(secret))).toEqual([]);
  });

  test('hears the access token where it asks "with_token", and never the refresh token', async () => {
    await configure({ on_refresh: { command: [listener], with_token: true } });
    await sandbox.run(["refresh", "local"]);
    const token = await readToken(sandbox, ["local"]);
    const [event] = await heard();
    expect(event).toMatchObject({ access_token: token, token_type: "Bearer" });
    const others = [...server.secrets].filter((secret) => secret !== token);
    expect(others.filter((secret) => JSON.stringify(event).includes(secret))).toEqual([]);
  });

  test("runs after the lease is released: it may ask for a token itself, and causes no hook", async () => {
    const program = await writeProgram(
      sandbox,
      "asks",
      `cat > /dev/null; "$KEYFOB" refresh local && "$KEYFOB" token local > '${sandbox.folder}/token'; echo x >> '${sandbox.folder}/runs'`,
    );
    await configure({ on_refresh: [program] });
    expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
    expect(await Bun.file(join(sandbox.folder, "runs")).text()).toBe("x\n");
    const token = (await Bun.file(join(sandbox.folder, "token")).text()).trim();
    expect((await server.userinfo(token)).status).toBe(200);
    expect(server.count("refresh_token")).toBe(2);
  });

  test("of many processes that wait for one refresh, one tells", async () => {
    await configure({ on_refresh: [listener] });
    server.accessTokenSeconds = 3;
    await logIn(sandbox, ["local"]);
    server.accessTokenSeconds = 3600;
    server.tokenDelayMilliseconds = 200;
    await Bun.sleep(1100);
    const args = ["token", "local", "--min-valid", "2s"];
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => sandbox.run(args)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([0]));
    expect(server.count("refresh_token")).toBe(1);
    expect(await heard()).toHaveLength(1);
  });

  test("a warm token runs no hook", async () => {
    await configure({ on_refresh: [listener] });
    await readToken(sandbox, ["local"]);
    expect(await heard()).toEqual([]);
  });

  test("what it prints stays out of keyfob's output, and tokens given to keyfob out of its environment", async () => {
    await configure({ on_refresh: [listener] });
    const environment = { KEYFOB_TOKEN_OTHER: "given-token" };
    const { stdout } = await sandbox.run(["refresh", "local"], { environment });
    expect(stdout).not.toContain("noise");
    const seen = await Bun.file(join(sandbox.folder, "environment")).text();
    expect(seen).not.toContain("given-token");
    expect(seen).toContain("KEYFOB_HOOK=on_refresh\n");
  });
});

describe("a hook that fails is a notice, and the token comes all the same:", () => {
  test("one that ends with another status than 0", async () => {
    await configure({ on_refresh: ["sh", "-c", "exit 3"] });
    const { stderr, status } = await sandbox.run(["refresh", "local"]);
    expect(status).toBe(0);
    expect(stderr).toContain('The hook on_refresh failed: "sh" ended with 3');
  });

  test("one that is not there", async () => {
    await configure({ on_refresh: ["no-such-program"] });
    const { stderr, status } = await sandbox.run(["refresh", "local"]);
    expect(status).toBe(0);
    expect(stderr).toContain('"no-such-program" cannot be started');
  });

  test("one that does not read its event", async () => {
    await configure({ on_refresh: ["true"] });
    expect(await sandbox.run(["refresh", "local"])).toMatchObject({ status: 0 });
  });

  test("a config.json that others may write to: its hooks are not run", async () => {
    await configure({ on_refresh: [listener] });
    await chmod(join(sandbox.home, "config.json"), 0o666);
    const { stderr, status } = await sandbox.run(["refresh", "local"]);
    expect(status).toBe(0);
    expect(stderr).toContain("other users may write to it");
    expect(await heard()).toEqual([]);
  });

  test.each([
    [{ on_refresh: [] }, "hooks.on_refresh"],
    [{ on_refresh: { command: ["true"], with_tokens: true } }, "hooks.on_refresh"],
    [{ on_logout: ["true"] }, 'unknown field "on_logout"'],
  ])("a config.json that is not understood: %j", async (hooks, place) => {
    await configure(hooks);
    const { stderr, status } = await sandbox.run(["refresh", "local"]);
    expect(status).toBe(0);
    expect(stderr).toContain(place);
  });
});

describe("on_login_needed", () => {
  test("hears once that the provider ended the login, with the command that helps", async () => {
    await configure({ on_login_needed: [listener] });
    await server.endSessions();
    const first = await sandbox.run(["token", "local", "--min-valid", "59m"]);
    expect(first.status).toBe(0);
    expect((await sandbox.run(["refresh", "local"])).status).toBe(4);
    expect((await sandbox.run(["token", "local"])).status).toBe(4);
    expect(await heard()).toEqual([
      expect.objectContaining({
        event: "on_login_needed",
        provider: "local",
        account: "default",
        hint: "keyfob login local",
      }) as unknown as Record<string, unknown>,
    ]);
  });

  test("hears of a token that is over and cannot be refreshed", async () => {
    const entry = { ...publicEntry(server), scopes: ["openid"], refresh: false };
    await sandbox.writeRegistry({ brief: entry });
    server.accessTokenSeconds = 1;
    await logIn(sandbox, ["brief"]);
    await configure({ on_login_needed: [listener] });
    await Bun.sleep(1100);
    expect((await sandbox.run(["token", "brief"])).status).toBe(4);
    expect(await heard()).toMatchObject([{ event: "on_login_needed", code: "no_refresh_token" }]);
  });

  test("does not run where the person is logging in already: login --if-needed", async () => {
    await configure({ on_login_needed: [listener] });
    await sandbox.run(["logout", "local", "--local"]);
    expect((await logIn(sandbox, ["local", "--if-needed"])).status).toBe(0);
    expect(await heard()).toEqual([]);
  });

  test("does not run for a failure that will pass", async () => {
    await configure({ on_login_needed: [listener] });
    server.failures = Array.from({ length: 20 }, () => 503);
    expect((await sandbox.run(["refresh", "local"])).status).toBe(3);
    expect(await heard()).toEqual([]);
  });
});
