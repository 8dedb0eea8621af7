/**
 * `keyfob helper git`, asked by the real git, and by hand where no git asks like that.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { runProgram } from "../drivers/program.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { type GitServer, startGitServer } from "../servers/git.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;
let git: GitServer;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  git = await startGitServer(sandbox, server);
  const entry = publicEntry(server);
  await sandbox.writeRegistry({
    local: { ...entry, resources: [git.origin], usernames: { git: "x-access-token" } },
    plain: { ...entry, resources: ["https://plain.example", "https://deep.example/path"] },
  });
  await logIn(sandbox, ["local"]);
  await logIn(sandbox, ["plain"]);
});

afterAll(async () => {
  await git[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Runs git with keyfob as its only helper. */
async function runGit(args: readonly string[], helper = "helper git"): Promise<Outcome> {
  const helpers = ["-c", "credential.helper=", "-c", `credential.helper=!'${await builtBinary()}' ${helper}`];
  const environment = { GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
  return await runProgram(sandbox, ["git", ...helpers, ...args], { environment });
}

async function clone(name: string, address = git.repository): Promise<Outcome> {
  await rm(join(sandbox.workFolder, name), { recursive: true, force: true });
  return await runGit(["clone", "--quiet", address, name]);
}

/** Asks the helper by hand. */
function ask(
  operation: string,
  attributes: readonly string[],
  flags: readonly string[] = [],
): Promise<Outcome> {
  return sandbox.run(["helper", "git", ...flags, operation], { input: `${attributes.join("\n")}\n\n` });
}

/** What git 2.46 and later say first. */
const AUTHTYPE = "capability[]=authtype";
const PLAIN = ["protocol=https", "host=plain.example"];
const NOTHING = { stdout: "", stderr: "", status: 0 };

describe("the real git", () => {
  test("clones from a server that demands the token", async () => {
    const { status, stderr } = await clone("clone");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await Bun.file(join(sandbox.workFolder, "clone", "file")).text()).toBe("hello\n");
    expect(git.credentials.at(-1)).toBe(`x-access-token:${await readToken(sandbox, ["local"])}`);
  });

  test("gets another token after one was refused: erase marks it stale", async () => {
    const refused = await readToken(sandbox, ["local"]);
    git.refused.add(refused);
    expect((await clone("refused")).status).not.toBe(0);
    const { status } = await clone("refused");
    expect(status).toBe(0);
    const token = await readToken(sandbox, ["local"]);
    expect(token).not.toBe(refused);
    expect(git.credentials.at(-1)).toBe(`x-access-token:${token}`);
    expect(server.count("refresh_token")).toBe(1);
  });

  test("gets nothing for another port of the same host", async () => {
    await using other = await startGitServer(await createSandbox(), server);
    const sent = server.seen.length;
    const { status } = await clone("other", other.repository);
    expect(status).not.toBe(0);
    expect(other.credentials).toEqual([]);
    expect(server.seen.length).toBe(sent);
  });

  test("hears what to do where a login is needed", async () => {
    await sandbox.run(["rename", "local", "local/away"]);
    const { stderr } = await runGit(["ls-remote", git.repository], "helper git --account local");
    await sandbox.run(["rename", "local/away", "local"]);
    expect(stderr).toContain("keyfob login local");
  });
});

describe("get", () => {
  test("gives name, password and expiry, and never a refresh token", async () => {
    const { stdout, status } = await ask("get", ["protocol=http", `host=${new URL(git.origin).host}`]);
    expect(status).toBe(0);
    const lines = stdout.split("\n");
    expect(lines.map((line) => line.split("=")[0])).toEqual([
      "username",
      "password",
      "password_expiry_utc",
      "",
    ]);
    const expiry = Number(lines[2]?.split("=")[1]);
    expect(expiry - Date.now() / 1000).toBeWithin(3400, 3601);
    expect(stdout).not.toContain("refresh");
  });

  test("gives a bearer token, for this once, to a git that takes one, where the entry names no user", async () => {
    const { stdout } = await ask("get", [AUTHTYPE, "capability[]=state", ...PLAIN]);
    const token = await readToken(sandbox, ["plain"]);
    expect(stdout).toStartWith(
      `capability[]=authtype\nauthtype=Bearer\ncredential=${token}\nephemeral=1\npassword_expiry_utc=`,
    );
  });

  test("keeps the user name that git has, where the entry names none", async () => {
    expect((await ask("get", [...PLAIN, "username=alice"])).stdout).toStartWith("username=alice\n");
    expect((await ask("get", PLAIN)).stdout).toStartWith("username=oauth2\n");
  });

  test("gives nothing where git wants another user than the entry's", async () => {
    const host = `host=${new URL(git.origin).host}`;
    expect(await ask("get", ["protocol=http", host, "username=mallory"])).toEqual(NOTHING);
    expect((await ask("get", ["protocol=http", host, "username=x-access-token"])).stdout).not.toBe("");
  });

  const strangers: [what: string, attributes: string[]][] = [
    ["a host that only begins alike", ["protocol=https", "host=plain.example.evil.test"]],
    ["a host that only ends alike", ["protocol=https", "host=evilplain.example"]],
    ["another port", ["protocol=https", "host=plain.example:8443"]],
    ["a user in the host", ["protocol=https", "host=plain.example@evil.test"]],
    ["a path in the host", ["protocol=https", "host=plain.example/../evil"]],
    ["plain http beyond this machine", ["protocol=http", "host=plain.example"]],
    ["a resource that is more than an origin", ["protocol=https", "host=deep.example"]],
    ["no host", ["protocol=https"]],
    ["no protocol", ["host=plain.example"]],
    ["a protocol without tokens", ["protocol=cert", "path=/some/file"]],
    ["nothing at all", []],
  ];
  test.each(strangers)("gives nothing for %s", async (_what, attributes) => {
    expect(await ask("get", attributes)).toEqual(NOTHING);
  });

  test.each(["\r", "\u0000", "\u001b", "\u0085"])("refuses control characters: %j", async (control) => {
    const { stdout, status } = await ask("get", [...PLAIN, `username=a${control}password=b`]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 5 });
  });

  test("--json gives the same as an object", async () => {
    const { stdout } = await ask("get", PLAIN, ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      username: "oauth2",
      password: await readToken(sandbox, ["plain"]),
    });
  });
});

describe("erase", () => {
  test("leaves the token alone where another one was refused", async () => {
    const before = await readToken(sandbox, ["plain"]);
    expect(await ask("erase", [...PLAIN, "password=an-older-token"])).toEqual(NOTHING);
    expect(await readToken(sandbox, ["plain"])).toBe(before);
  });

  test("takes the bearer token that git refuses by its name", async () => {
    const before = await readToken(sandbox, ["plain"]);
    expect(await ask("erase", [AUTHTYPE, ...PLAIN, `credential=${before}`])).toEqual(NOTHING);
    const after = await readToken(sandbox, ["plain"]);
    expect(after).not.toBe(before);
    expect((await server.userinfo(after)).status).toBe(200);
  });

  test("never spends a token that cannot be refreshed: a notice says what to do", async () => {
    const entry = publicEntry(server);
    const brief = { ...entry, scopes: ["openid"], refresh: false, resources: ["https://brief.example"] };
    await using other = await createSandbox();
    await other.writeRegistry({ brief });
    await logIn(other, ["brief"]);
    const before = await readToken(other, ["brief"]);
    const input = `protocol=https\nhost=brief.example\npassword=${before}\n\n`;
    const { stderr, status } = await other.run(["helper", "git", "erase"], { input });
    expect(status).toBe(0);
    expect(stderr).toContain("keyfob login brief");
    expect(await readToken(other, ["brief"])).toBe(before);
  });
});

test.each([
  ["github.com", "x-access-token"],
  ["gitlab.com", "oauth2"],
  ["bitbucket.org", "x-token-auth"],
])("the built-in registry knows the user name that %s wants", async (host, username) => {
  const environment = {
    KEYFOB_TOKEN_GITHUB: "given-token",
    KEYFOB_TOKEN_GITLAB: "given-token",
    KEYFOB_TOKEN_BITBUCKET: "given-token",
  };
  const input = `protocol=https\nhost=${host}\n\n`;
  const { stdout } = await sandbox.run(["helper", "git", "get"], { input, environment });
  expect(stdout).toBe(`username=${username}\npassword=given-token\n`);
});

test("an empty answer leaves alone what others wrote to the same file", async () => {
  const script = `{ echo before; printf 'host=nobody.example\\n\\n' | "$KEYFOB" helper git get; echo after; } > shared; cat shared`;
  const environment = { KEYFOB: await builtBinary() };
  const { stdout } = await runProgram(sandbox, ["sh", "-c", script], { environment });
  expect(stdout).toBe("before\nafter\n");
});

test("store and whatever git may yet invent do nothing", async () => {
  const attributes = [...PLAIN, "username=a", "password=b"];
  expect(await ask("store", attributes)).toEqual(NOTHING);
  expect(await ask("prophesy", attributes)).toEqual(NOTHING);
});

describe("several accounts for one resource", () => {
  const configure = (settings: object): Promise<number> =>
    Bun.write(join(sandbox.home, "config.json"), JSON.stringify(settings));

  test("nobody answers before the person chose", async () => {
    await logIn(sandbox, ["plain/work"]);
    const { stdout, stderr, status } = await ask("get", PLAIN);
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    expect(stderr).toContain("plain, plain/work");
    expect(stderr).toContain("--account");
  });

  test("--account chooses, and so does the label as user name, and the default account", async () => {
    const [plain, work] = [await readToken(sandbox, ["plain"]), await readToken(sandbox, ["plain/work"])];
    expect((await ask("get", PLAIN, ["--account", "plain/work"])).stdout).toContain(`password=${work}\n`);
    expect((await ask("get", [...PLAIN, "username=work"])).stdout).toContain(`password=${work}\n`);
    await configure({ default_account: "plain" });
    expect((await ask("get", PLAIN)).stdout).toContain(`password=${plain}\n`);
  });

  test("config.json says what one account is for, in place of its provider's entry", async () => {
    const resources = ["https://work.example"];
    await configure({ accounts: { "plain/work": { resources, usernames: { git: "worker" } } } });
    const work = await readToken(sandbox, ["plain/work"]);
    const { stdout } = await ask("get", ["protocol=https", "host=work.example"]);
    expect(stdout).toStartWith(`username=worker\npassword=${work}\n`);
    expect((await ask("get", PLAIN)).stdout).toContain(`password=${await readToken(sandbox, ["plain"])}\n`);
  });

  test.each(["http://work.example", "https://work.example/path", "work.example"])(
    "config.json may not name %s as a resource",
    async (resource) => {
      await configure({ accounts: { "plain/work": { resources: [resource] } } });
      const { stderr, status } = await ask("get", PLAIN);
      await configure({});
      expect(status).toBe(2);
      expect(stderr).toContain("accounts.plain/work.resources.0");
    },
  );

  test("--account answers for its own resources alone", async () => {
    expect(await ask("get", PLAIN, ["--account", "local"])).toEqual(NOTHING);
  });
});
