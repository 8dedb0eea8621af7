/**
 * Every exit status of the contract, and what is said with it.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { publicEntry, logIn, startLogin } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { ALICE } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("file", async (machine) => {
  ({ server, sandbox } = machine);
  await sandbox.writeRegistry({
    local: publicEntry(server),
    gone: { ...publicEntry(server), issuer: "http://127.0.0.1:9" },
  });
});

/** A command line, its status, and what standard error must say. */
const FAILURES: readonly (readonly [what: string, args: readonly string[], status: number, says: RegExp])[] =
  [
    ["no command and no terminal", [], 2, /usage|keyfob login/i],
    ["an unknown flag, with the nearest", ["login", "local", "--no-browsr"], 2, /--no-browser/],
    ["an unknown command, with the nearest", ["stauts"], 2, /status/],
    ["an unknown provider, with the nearest", ["login", "lokal"], 2, /"local"/],
    ["an unknown method, with the nearest", ["login", "local", "--method", "brower"], 2, /browser/],
    ["a duration that is none", ["token", "local", "--min-valid", "soon"], 2, /"soon"/],
    ["a label that is none", ["login", "local/a b"], 2, /label|account/i],
    ["a token where nobody is logged in", ["token", "local"], 4, /keyfob login local/],
    ["a login at a provider that is not there", ["login", "gone"], 3, /Cannot/],
  ];

test.each(FAILURES)("%s", async (_what, args, status, says) => {
  const outcome = await sandbox.run(args);
  expect(outcome.stderr).toMatch(says);
  expect(outcome).toMatchObject({ status, stdout: "" });
});

test("--help and --version work everywhere and end with 0", async () => {
  const version = ((await Bun.file(`${import.meta.dir}/../../package.json`).json()) as { version: string })
    .version;
  const shown = await sandbox.run(["--version"]);
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  expect(shown.stdout).toContain(version);
  const commands = [
    [],
    ["login"],
    ["finish"],
    ["token"],
    ["status"],
    ["refresh"],
    ["logout"],
    ["providers", "list"],
  ];
  for (const command of commands) {
    const { status, stdout } = await sandbox.run([...command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/usage/i);
  }
});

test("a person who says no: 5", async () => {
  const { status, stdout, stderr } = await logIn(sandbox, ["local"], {
    person: { ...ALICE, decision: "deny" },
  });
  expect(status).toBe(5);
  expect(stdout).toBe("");
  expect(stderr).toContain("The person said no");
});

test("nobody answers in time: 124, soon after", async () => {
  const start = performance.now();
  const { status } = await sandbox.run(["login", "local", "--timeout", "1s"]);
  expect(status).toBe(124);
  expect(performance.now() - start).toBeWithin(900, 5000);
});

test("SIGINT while waiting: 130, and the port is free again", async () => {
  const { running, url } = await startLogin(sandbox, ["local"]);
  await using _running = running;
  running.signal("SIGINT");
  expect((await running.outcome).status).toBe(130);
  await expect(fetch(url.searchParams.get("redirect_uri") ?? "")).rejects.toThrow();
});

test("SIGTERM while waiting: 143", async () => {
  const { running } = await startLogin(sandbox, ["local"]);
  await using _running = running;
  running.signal("SIGTERM");
  expect((await running.outcome).status).toBe(143);
});
