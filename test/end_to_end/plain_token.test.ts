/**
 * `keyfob token ACCOUNT` over a store at rest: a look that leaves no trace, and that nothing is looked past for.
 *
 * @module
 */
import { beforeAll, expect, test } from "bun:test";
import { cp, readdir, rm, stat, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { logIn } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";

let sandbox: Sandbox;

withMachine("file", (machine) => ({ sandbox } = machine));
beforeAll(async () => {
  const { status, stderr } = await logIn(sandbox, ["local"]);
  if (status !== 0) throw new Error(`The login failed: ${stderr}`);
  await settle();
});

/** Lets time go by for the store: one that was just written to is not looked at. */
async function settle(): Promise<void> {
  const past = new Date(Date.now() - 60_000);
  await utimes(join(sandbox.home, "vault.db"), past, past);
}

/** Names and times of everything in a home, which no write leaves as they are. */
async function traces(folder: string = sandbox.home): Promise<unknown> {
  const paths = [".", ...(await readdir(folder))].map((name) => join(folder, name));
  return Promise.all(paths.map(async (path) => [path, (await stat(path)).mtimeMs, (await stat(path)).size]));
}

test("a warm token writes nothing: neither a log nor a lock beside the store", async () => {
  const before = await traces();
  const { stdout, status } = await sandbox.run(["token", "local"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[\x21-\x7e]+\n$/);
  expect(await traces()).toEqual(before);
});

test("it is the token that the whole command prints", async () => {
  const [plain, json] = [
    await sandbox.run(["token", "local"]),
    await sandbox.run(["token", "local", "--json"]),
  ];
  expect(plain.stdout.trim()).toBe((JSON.parse(json.stdout) as { access_token: string }).access_token);
});

test("a token in the environment goes before the stored one", async () => {
  const { stdout } = await sandbox.run(["token", "local"], { environment: { KEYFOB_TOKEN_LOCAL: "given" } });
  expect(stdout).toBe("given\n");
});

test("the home of one's own account is looked at as well", async () => {
  const folder = join(sandbox.environment["HOME"] ?? "", ".local", "share", "keyfob");
  await cp(sandbox.home, folder, { recursive: true, preserveTimestamps: true });
  const before = await traces(folder);
  const environment = { KEYFOB_HOME: "", HOME: sandbox.environment["HOME"] ?? "" };
  expect((await sandbox.run(["token", "local"], { environment })).status).toBe(0);
  expect(await traces(folder)).toEqual(before);
});

test.each([
  ["a folder that is another one behind a link", () => ({ KEYFOB_HOME: join(sandbox.home, "x") + "/.." })],
  [
    "a relative key file",
    () => ({ KEYFOB_KEY_FILE: relative(sandbox.workFolder, join(sandbox.home, "key")) }),
  ],
  ["a systemd credential", () => ({ CREDENTIALS_DIRECTORY: sandbox.workFolder })],
])("%s takes more than a look", async (_what, environment) => {
  const [before, { status, stdout }] = [
    await traces(),
    await sandbox.run(["token", "local"], { environment: environment() }),
  ];
  expect({ status, isToken: stdout.length > 20 }).toEqual({ status: 0, isToken: true });
  expect(await traces()).not.toEqual(before);
  await settle();
});

test("a key file's name is never an address that is asked", async () => {
  let asked = 0;
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => (asked++, new Response("key")) });
  const environment = {
    KEYFOB_KEY_FILE: "s3://bucket/key",
    AWS_ENDPOINT: server.url.origin,
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  expect((await sandbox.run(["token", "local"], { environment })).status).toBe(2);
  expect(asked).toBe(0);
});

test("a full disk behind standard output is told once, with exit 1", async () => {
  const child = Bun.spawn(["sh", "-c", '"$0" token local >/dev/full', await builtBinary()], {
    env: { PATH: process.env["PATH"] ?? "", KEYFOB_HOME: sandbox.home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stderr = await new Response(child.stderr).text();
  expect(stderr).toBe("keyfob: Cannot write to standard output: ENOSPC\n");
  expect(await child.exited).toBe(1);
});

test.each([
  [["token", "locale"], 4, "unknown_account"],
  [["token", "local/"], 2, "bad_account"],
  [["token", "Local"], 2, "bad_account"],
  [["token", ""], 2, "bad_account"],
])("%j ends with %i, %s, as the whole command says it", async (args, status, code) => {
  const [plain, json] = [await sandbox.run(args), await sandbox.run([...args, "--json"])];
  const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
  expect({ status: plain.status, code: error.code, stdout: plain.stdout }).toEqual({
    status,
    code,
    stdout: "",
  });
  expect(plain.stderr.replaceAll(/\s+/g, " ")).toContain(error.message);
});

test("a store that is gone is an unknown login", async () => {
  await rm(join(sandbox.home, "vault.db"));
  const { status, stderr } = await sandbox.run(["token", "local"]);
  expect(stderr).toContain('Cannot find the login "local"');
  expect(status).toBe(4);
});
