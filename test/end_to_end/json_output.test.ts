/**
 * What programs read: one JSON document, or one event a line, and nothing else on standard output.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { publicEntry, readToken, visit } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { ALICE, signIn, type Person } from "../servers/person.ts";

/** RFC 3339, in UTC. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

type Event = Record<string, unknown>;

let server: OidcServer;
let sandbox: Sandbox;

withMachine("file", async (machine) => {
  ({ server, sandbox } = machine);
  await logInForEvents("local/work", ALICE);
});

function parseLines(text: string): Event[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}

async function logInForEvents(account: string, person: Person): Promise<{ events: Event[]; status: number }> {
  await using running = await sandbox.start(["login", account, "--json"]);
  const [line] = await running.stdout.waitFor(/^\{.*\}\n/m);
  const { url } = JSON.parse(line) as { url: string };
  await visit(await signIn(url, person));
  const { stdout, status } = await running.outcome;
  return { events: parseLines(stdout), status };
}

async function runForJson(args: readonly string[]): Promise<{ value: unknown; status: number }> {
  const { stdout, status } = await sandbox.run(args);
  return { value: JSON.parse(stdout), status };
}

test("login --json says where to go, then who logged in, one event a line", async () => {
  const { events, status } = await logInForEvents("local/events", ALICE);
  expect(status).toBe(0);
  expect(events).toEqual([
    expect.objectContaining({ event: "authorize", url: expect.stringContaining(`${server.issuer}/auth?`) }),
    {
      event: "done",
      provider: "local",
      account: "events",
      subject: "alice",
      display: expect.stringContaining("alice"),
      expires_at: expect.stringMatching(TIME),
    },
  ]);
});

test("login --json ends with an error event where the person says no", async () => {
  const { events, status } = await logInForEvents("local/no", { ...ALICE, decision: "deny" });
  expect(status).toBe(5);
  expect(events.at(-1)).toMatchObject({
    event: "error",
    code: expect.stringMatching(/^[a-z_]+$/),
    message: expect.stringContaining("The person said no"),
  });
});

test("token --json has exactly the fields of the contract", async () => {
  const { value, status } = await runForJson(["token", "local/work", "--json"]);
  expect(status).toBe(0);
  expect(value).toEqual({
    provider: "local",
    account: "work",
    access_token: await readToken(sandbox, ["local/work"]),
    token_type: "Bearer",
    expires_at: expect.stringMatching(TIME),
    scope: ["openid", "profile", "email", "offline_access"],
  });
});

test("token --format config is the document that bots read, without the refresh token", async () => {
  const { value } = await runForJson(["token", "local/work", "--format", "config"]);
  const token = await readToken(sandbox, ["local/work"]);
  expect(value).toEqual({
    providers: {
      local: { oauth_token: token, token_type: "oauth", expires_at: expect.any(Number), account: "work" },
    },
  });
  const { expires_at: expiresAt } = (value as { providers: { local: { expires_at: number } } }).providers
    .local;
  const hour = 3_600_000;
  expect(expiresAt - Date.now()).toBeWithin(hour - 60_000, hour + 60_000);
});

test("token --header is what curl -H takes", async () => {
  const { stdout } = await sandbox.run(["token", "local/work", "--header"]);
  expect(stdout).toBe(`Authorization: Bearer ${await readToken(sandbox, ["local/work"])}\n`);
});

test("status --json lists every account with exactly the fields of the contract", async () => {
  const { value, status } = await runForJson(["status", "--json"]);
  expect(status).toBe(0);
  const work = (value as Event[]).find(({ account }) => account === "work");
  expect(work).toEqual({
    provider: "local",
    account: "work",
    subject: "alice",
    display: expect.stringContaining("alice"),
    expires_at: expect.stringMatching(TIME),
    refreshable: true,
    scope: ["openid", "profile", "email", "offline_access"],
    state: expect.any(String),
    last_refresh: null,
    last_error: null,
  });
});

test("every failure with --json is an error object on standard output with the same exit status", async () => {
  const { value, status } = await runForJson(["token", "local/nobody", "--json"]);
  expect(status).toBe(4);
  expect(value).toEqual({
    error: {
      code: expect.stringMatching(/^[a-z_]+$/),
      message: expect.stringContaining("local/nobody"),
      hint: expect.stringContaining("keyfob login local/nobody"),
    },
  });
});

test("an unknown flag with --json is an error object too", async () => {
  const { value, status } = await runForJson(["status", "--json", "--nonsense"]);
  expect(status).toBe(2);
  expect(value).toMatchObject({
    error: { code: expect.any(String), message: expect.stringContaining("--nonsense") },
  });
});

test("providers list and show --json tell of the entry, and keep its secret", async () => {
  await sandbox.writeRegistry({
    local: publicEntry(server),
    hidden: { issuer: server.issuer, client_id: "x", client_secret: "very secret indeed" },
  });
  const { value } = await runForJson(["providers", "list", "--json"]);
  expect(value).toContainEqual(expect.objectContaining({ id: "local", layer: "user", ready: true }));
  const shown = await sandbox.run(["providers", "show", "hidden", "--json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ client_id: "x", client_secret: "***" });
  expect(shown.stdout).not.toContain("very secret indeed");
});
