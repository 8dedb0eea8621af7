/**
 * Settings that are wide open, broken, or mean something else than they seem to: told or refused, never used silently.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => void (server = await startOidcServer()));
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function registryFile(): string {
  return join(sandbox.home, "providers.json");
}

describe("the registry file", () => {
  test("that others can read is closed to them, and that is told once", async () => {
    await chmod(registryFile(), 0o644);
    const first = await sandbox.run(["providers", "show", "local"]);
    expect(first.stderr).toBe(`"${registryFile()}" could be read by other users: it is now yours alone\n`);
    expect((await stat(registryFile())).mode & 0o777).toBe(0o600);
    expect((await sandbox.run(["providers", "show", "local"])).stderr).toBe("");
  });

  test.each(["login openai --begin", "providers show openai", "providers list", "providers list --json"])(
    "that others may write to is told by %s",
    async (line) => {
      await chmod(registryFile(), 0o666);
      const { stderr, status } = await sandbox.run(line.split(" "));
      expect(status).toBe(0);
      expect(stderr.split("other users may write to it")).toHaveLength(2);
      expect(stderr).toContain(`chmod go-w '${registryFile()}'`);
    },
  );

  test("that is a pipe keeps nobody waiting", async () => {
    await rm(registryFile());
    expect(Bun.spawnSync(["mkfifo", registryFile()]).exitCode).toBe(0);
    const { stderr, status } = await sandbox.run(["providers", "show", "openai"]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `"${registryFile()}" was not used: it is not a regular file (move it away: mv '${registryFile()}' '${registryFile()}.old')\n`,
    });
    expect((await sandbox.run(["providers", "check"])).status).toBe(2);
    expect((await sandbox.run(["login", "local"])).stderr).toContain(
      `hint: move it away: mv '${registryFile()}'`,
    );
  });
});

test("config.json that is a pipe is refused, and keeps nobody waiting", async () => {
  const file = join(sandbox.home, "config.json");
  expect(Bun.spawnSync(["mkfifo", file]).exitCode).toBe(0);
  const { stderr, status } = await sandbox.run(["token"]);
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`Cannot read "${file}"`),
  });
});

test("a relative KEYFOB_HOME is refused by whatever needs it, with the absolute path", async () => {
  for (const args of [["status"], ["token", "local"], ["providers", "path"], ["login", "local", "--begin"]]) {
    const { stdout, stderr, status } = await sandbox.run(args, { environment: { KEYFOB_HOME: "kept" } });
    expect({ args, stdout, status }).toEqual({ args, stdout: "", status: 2 });
    expect(stderr).toContain(`hint: KEYFOB_HOME='${join(sandbox.workFolder, "kept")}'`);
  }
  expect((await sandbox.run(["--version"], { environment: { KEYFOB_HOME: "kept" } })).status).toBe(0);
});

test("a relative HOME is not the current folder", async () => {
  const { stdout, status } = await sandbox.run(["providers", "path"], {
    environment: { KEYFOB_HOME: "", HOME: "work" },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\/.*\/\.config\/keyfob\/providers\.json\n$/);
  expect(stdout).not.toContain(sandbox.folder);
});

test("KEYFOB_REGISTRY and KEYFOB_KEY_FILE are files in the current folder where they are relative", async () => {
  await writeFile(
    join(sandbox.workFolder, "mine.json"),
    JSON.stringify({ providers: { mine: publicEntry(server) } }),
    {
      mode: 0o600,
    },
  );
  await writeFile(join(sandbox.workFolder, "mine.key"), "a".repeat(64), { mode: 0o600 });
  const environment = { KEYFOB_REGISTRY: "mine.json", KEYFOB_KEY_FILE: "mine.key" };
  expect((await logIn(sandbox, ["mine"], { environment })).status).toBe(0);
  const elsewhere = await sandbox.run(["token", "mine"], {
    environment: { KEYFOB_KEY_FILE: join(sandbox.workFolder, "mine.key") },
    folder: sandbox.home,
  });
  expect(elsewhere.status).toBe(0);
});

describe("KEYFOB_TOKEN_<PROVIDER>", () => {
  const torn = { KEYFOB_TOKEN_LOCAL: "one\r\nX-Injected: two" };

  test.each(["--header", "--json", "--format=config"])(
    "with control characters is refused with %s, by name",
    async (flag) => {
      const { stdout, stderr, status } = await sandbox.run(["token", "local", flag], {
        environment: torn,
      });
      expect(status).toBe(2);
      expect(stdout + stderr).toContain("KEYFOB_TOKEN_LOCAL");
      expect(stdout + stderr).not.toContain("Injected");
    },
  );

  test("is printed as it is without flags", async () => {
    const { stdout, status } = await sandbox.run(["token", "local"], { environment: torn });
    expect({ stdout, status }).toEqual({ stdout: "one\r\nX-Injected: two\n", status: 0 });
  });

  test("cannot be refreshed: exit 2 names it", async () => {
    const environment = { KEYFOB_TOKEN_LOCAL: "given" };
    const { stdout, stderr, status } = await sandbox.run(["refresh", "local"], { environment });
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toContain("its token stands in KEYFOB_TOKEN_LOCAL");
  });

  test("is the one that is meant where it is the only one; of several none is", async () => {
    const one = await sandbox.run(["token"], { environment: { KEYFOB_TOKEN_LOCAL: "given" } });
    expect(one).toEqual({ stdout: "given\n", stderr: "", status: 0 });
    const environment = { KEYFOB_TOKEN_LOCAL: "given", KEYFOB_TOKEN_OTHER: "given" };
    const two = await sandbox.run(["token"], { environment });
    expect({ stdout: two.stdout, status: two.status }).toEqual({ stdout: "", status: 2 });
    expect(two.stderr).toContain("(local, other)");
  });
});

test("token of a misspelt provider says which was meant", async () => {
  const { stderr, status } = await sandbox.run(["token", "loca"]);
  expect(status).toBe(4);
  expect(stderr).toContain("hint: did you mean keyfob login local?");
  await logIn(sandbox, ["local"]);
  expect((await sandbox.run(["token", "loca"])).stderr).toContain("hint: did you mean local?");
});

test.each(["http://127.0.0.1/callback", "http://localhost", "https://example.com/a?b=c"])(
  "--redirect-uri %s is sent exactly as it was given",
  async (uri) => {
    const { stdout, status } = await sandbox.run(["login", "local", "--begin", "--redirect-uri", uri]);
    expect(status).toBe(0);
    const begun = JSON.parse(stdout) as { url: string; redirect_uri: string };
    expect(begun.redirect_uri).toBe(uri);
    expect(new URL(begun.url).searchParams.get("redirect_uri")).toBe(uri);
  },
);
