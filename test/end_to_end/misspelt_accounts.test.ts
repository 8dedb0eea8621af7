/**
 * A misspelt account, with every command of the built binary that takes one.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { logIn, publicEntry } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local/work"]);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Said {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

async function failureOf(args: readonly string[]): Promise<Said> {
  const { status, stdout } = await sandbox.run(args);
  const { error } = JSON.parse(stdout) as { error: Omit<Said, "status"> };
  return { status, code: error.code, message: error.message, hint: error.hint };
}

const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/** The words before and after the account, and the exit status. */
const COMMANDS: readonly (readonly [before: readonly string[], after: readonly string[], status: number])[] =
  [
    [["token"], [], 4],
    [["refresh"], [], 4],
    [["status"], [], 4],
    [["logout"], [], 4],
    [["logout", "--local"], [], 4],
    [["rename"], ["local/new"], 4],
    [["export"], ["--to", KEY], 4],
    [["export"], ["--confirm", "0000"], 4],
    [["export"], ["--cancel"], 4],
    [["run"], ["--", "true"], 4],
    [["helper", "kubectl"], [], 4],
    [["helper", "xoauth2"], [], 4],
    [["helper", "oauthbearer"], [], 4],
  ];

test.each(COMMANDS)(
  "%j says of local/wrk %j that it is not there, and which is near",
  async (before, after, status) => {
    expect(await failureOf([...before, "local/wrk", "--json", ...after])).toEqual({
      status,
      code: "unknown_account",
      message: 'Cannot find the login "local/wrk"',
      hint: "did you mean local/work?",
    });
  },
);

const ENDING: readonly (readonly string[])[] = [
  ["logout", "nobody"],
  ["logout", "local2"],
  ["logout", "openai"],
  ["rename", "openai", "openai/new"],
];

test.each(ENDING)("%s %s never advises to log in", async (...args) => {
  const { message, hint } = await failureOf([...args, "--json"]);
  expect(message).toStartWith("Cannot find the login");
  expect(hint).not.toContain("keyfob login");
  expect(hint).toContain("local/work");
});

test("after a rename the old name leads to the new one", async () => {
  await sandbox.run(["rename", "local/work", "local/home"]);
  try {
    expect((await failureOf(["token", "local", "--json"])).hint).toStartWith("did you mean local/home?");
  } finally {
    await sandbox.run(["rename", "local/home", "local/work"]);
  }
});

test("a provider in capitals is told in lower case", async () => {
  expect((await failureOf(["token", "OpenAI", "--json"])).hint).toBe("did you mean openai?");
  const { stderr, status } = await sandbox.run(["login", "OpenAI/Work"]);
  expect({ status, isTold: stderr.includes("did you mean openai/Work?") }).toEqual({
    status: 2,
    isTold: true,
  });
});
