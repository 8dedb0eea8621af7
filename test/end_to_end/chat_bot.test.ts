/**
 * Bots that pass a login on to their owner: the worked example, restarts, and two logins at once.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { begin, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { ALICE, signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
});

beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
});

afterEach(() => sandbox[Symbol.asyncDispose]());
afterAll(() => server[Symbol.asyncDispose]());

const BOT = join(import.meta.dir, "..", "chat_bot_program.ts");

/** Starts the bot, says `messages`, and gives its answers. */
async function talk(...messages: string[]): Promise<string[]> {
  const bot = Bun.spawn([process.execPath, BOT, await builtBinary()], {
    env: sandbox.environment,
    stdin: Buffer.from(messages.map((message) => `${message}\n`).join("")),
    stdout: "pipe",
    stderr: "inherit",
  });
  return (await new Response(bot.stdout).text()).trim().split("\n");
}

function addressIn(said: string | undefined): string {
  return /https?:\/\/\S+(?=, approve)/.exec(said ?? "")?.[0] ?? "";
}

test("the chat bot of the README logs its owner in, and a restart in between loses nothing", async () => {
  const [nobody, invitation] = await talk("/whoami", "/login");
  expect(nobody).toStartWith("Cannot find the login");
  const [wrong, thanks, token] = await talk("hello", await signIn(addressIn(invitation)), "/whoami");
  expect(wrong).toContain("Cannot");
  expect(thanks).toBe("Thank you, alice@example.test: you are logged in.");
  expect(token).toMatch(/^I have a token until \d{4}-/);
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});

describe("two begun logins for one account", () => {
  test("do not collide: each is finished by its own answer, the last one stays", async () => {
    const [first, second] = await Promise.all([begin(sandbox, ["local"]), begin(sandbox, ["local"])]);
    const answers = await Promise.all([signIn(first.url), signIn(second.url)]);
    for (const input of answers.toReversed()) {
      expect((await sandbox.run(["finish"], { input })).status).toBe(0);
    }
    expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
    const accounts = JSON.parse((await sandbox.run(["status", "--json"])).stdout) as unknown[];
    expect(accounts).toHaveLength(1);
  });

  test("finished at the same moment both work, and the account is whole", async () => {
    const [first, second] = await Promise.all([begin(sandbox, ["local"]), begin(sandbox, ["local"])]);
    const answers = await Promise.all([signIn(first.url), signIn(second.url)]);
    const outcomes = await Promise.all(answers.map((input) => sandbox.run(["finish"], { input })));
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0]);
    expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
  });

  test("do not take each other's answer: what one refuses is still good for the other", async () => {
    const first = await begin(sandbox, ["local"]);
    const second = await begin(sandbox, ["local"]);
    const input = await signIn(second.url);
    const { status, stderr } = await sandbox.run(["finish", "--state", first.state], { input });
    expect({ status, says: stderr.includes("another login") }).toEqual({ status: 1, says: true });
    expect((await sandbox.run(["finish"], { input })).status).toBe(0);
    expect((await sandbox.run(["finish"], { input: await signIn(first.url) })).status).toBe(0);
  });

  test("one that is refused by its person leaves the other open", async () => {
    const [first, second] = await Promise.all([begin(sandbox, ["local"]), begin(sandbox, ["local"])]);
    const refusal = await signIn(first.url, { ...ALICE, decision: "deny" });
    expect((await sandbox.run(["finish"], { input: refusal })).status).toBe(5);
    expect((await sandbox.run(["finish"], { input: await signIn(second.url) })).status).toBe(0);
  });
});

test("a begun login survives a reboot: other process, other boot, the key from its file", async () => {
  const { url, state } = await begin(sandbox, ["local"]);
  const answer = await signIn(url);
  // Everything that a reboot takes away: /tmp, the environment, every process. What stays is the folder.
  const environment = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", KEYFOB_HOME: sandbox.home };
  const child = Bun.spawn([await builtBinary(), "finish", "--state", state], {
    cwd: "/",
    env: environment,
    stdin: Buffer.from(answer),
  });
  expect(await child.exited).toBe(0);
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});
