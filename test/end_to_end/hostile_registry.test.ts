/**
 * Registry files that are broken, huge, hostile or writable by strangers, met by the built binary.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { PUBLIC_CLIENT, startOidcServer } from "../servers/oidc.ts";

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

async function write(text: string, mode = 0o600): Promise<string> {
  const path = join(sandbox.home, "providers.json");
  await Bun.write(path, text);
  await chmod(path, mode);
  return path;
}

async function failureOf(
  args: readonly string[],
): Promise<{ status: number; code: string; message: string }> {
  const { status, stdout } = await sandbox.run([...args, "--json"]);
  const { error, ...event } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return { status, ...(error ?? event) };
}

/** The built-in entries work on, whatever stands in the user's file. */
async function expectOthersWork(): Promise<void> {
  const { status, stdout } = await sandbox.run(["login", "openai", "--begin"]);
  expect({ status, url: JSON.parse(stdout).url }).toMatchObject({
    status: 0,
    url: expect.stringContaining("https://auth.openai.com/oauth/authorize?"),
  });
}

async function timed(work: () => Promise<Outcome>): Promise<Outcome & { seconds: number }> {
  const begun = performance.now();
  const outcome = await work();
  return { ...outcome, seconds: (performance.now() - begun) / 1000 };
}

describe("a file", () => {
  test("of 50 MB is told at once, and takes nothing else down", async () => {
    await write(`{"providers":{"acme":{"name":"${"x".repeat(50 * 1024 * 1024)}"}}}`);
    const { status, stderr, seconds } = await timed(() => sandbox.run(["providers", "check"]));
    expect(status).toBe(2);
    expect(stderr).toContain("it is larger than 8 MiB");
    expect(seconds).toBeLessThan(2);
    await expectOthersWork();
  });

  test.each([
    ["objects", `{"providers":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`],
    ["lists", `{"providers":{"acme":{"scopes":${"[".repeat(300_000)}`],
    ["comments that never end", `{"providers":{}} ${"/*".repeat(300_000)}`],
    ["quotes", '"'.repeat(300_001)],
    ["escaped quotes", `{"${'\\"'.repeat(300_000)}`],
    ["commas", `{"providers":{${",".repeat(300_000)}}}`],
  ])("of nothing but %s is told quickly", async (_, text) => {
    await write(text);
    const { status, stderr, seconds } = await timed(() => sandbox.run(["providers", "check"]));
    expect(status).toBe(2);
    expect(stderr.length).toBeLessThan(10_000);
    expect(seconds).toBeLessThan(5);
    await expectOthersWork();
  });

  test("that others may write to is not used, and says how to mend it", async () => {
    const path = await write(JSON.stringify({ providers: { openai: { client_id: "theirs" } } }), 0o666);
    const { stdout, stderr } = await sandbox.run(["login", "openai", "--begin"]);
    expect(stdout).not.toContain("theirs");
    expect(stderr).toContain(`"${path}" was not used`);
    const check = await failureOf(["providers", "check"]);
    expect(check).toMatchObject({ status: 2, code: "registry_problems" });
    expect((await sandbox.run(["providers", "check"])).stderr).toContain(`chmod go-w '${path}'`);
  });

  test("in a folder that others may write to is not used", async () => {
    const folder = join(sandbox.home, "providers.d");
    await mkdir(folder, { mode: 0o700 });
    await Bun.write(
      join(folder, "evil.json"),
      JSON.stringify({ providers: { openai: { client_id: "theirs" } } }),
    );
    await chmod(join(folder, "evil.json"), 0o600);
    await chmod(folder, 0o777);
    const { stdout } = await sandbox.run(["login", "openai", "--begin"]);
    expect(stdout).not.toContain("theirs");
  });
});

describe("an entry", () => {
  test("that extends itself around corners is refused, naming the circle", async () => {
    const circle = { one: { extends: "two" }, two: { extends: "three" }, three: { extends: "one" } };
    await sandbox.writeRegistry({ ...circle, self: { extends: "self" } });
    const failure = await failureOf(["login", "one"]);
    expect(failure).toMatchObject({ status: 2, code: "broken_entry" });
    expect(failure.message).toContain("one -> two -> three -> one");
    expect((await failureOf(["login", "self"])).message).toContain("self -> self");
    expect((await sandbox.run(["providers", "list"])).status).toBe(0);
    await expectOthersWork();
  });

  test("may have a few parents above one another; at a thousand it is refused", async () => {
    const chain = Array.from(
      { length: 1000 },
      (_, index) => [`p${index}`, { extends: `p${index + 1}` }] as const,
    );
    const last = {
      authorization_endpoint: "https://a.example/a",
      token_endpoint: "https://a.example/t",
      client_id: "x",
    };
    await sandbox.writeRegistry({ ...Object.fromEntries(chain), p1000: last });
    const { stdout } = await sandbox.run(["login", "p990", "--begin"]);
    expect(JSON.parse(stdout).url).toStartWith("https://a.example/a?");
    const { status, stderr, seconds } = await timed(() => sandbox.run(["login", "p0", "--begin"]));
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("more than 16 parents"),
    });
    expect(seconds).toBeLessThan(5);
    expect((await timed(() => sandbox.run(["providers", "list"]))).seconds).toBeLessThan(5);
  });

  test.each([
    ["an id", '{"providers":{"__proto__":{"client_id":"theirs"}}}'],
    ["a field", '{"providers":{"openai":{"__proto__":{"client_id":"theirs"}}}}'],
    ["an escaped field", '{"providers":{"openai":{"\\u005f_proto__":{"client_id":"theirs"}}}}'],
    ["a file's field", '{"__proto__":{"providers":{"openai":{"client_id":"theirs"}}},"providers":{}}'],
    ["a map's name", '{"providers":{"openai":{"authorize":{"params":{"__proto__":{"x":"theirs"}}}}}}'],
  ])("with __proto__ as %s pollutes nothing and is told", async (_, text) => {
    await write(text);
    const { stdout } = await sandbox.run(["login", "openai", "--begin"]);
    expect(stdout).not.toContain("theirs");
    expect(await failureOf(["providers", "check"])).toMatchObject({ status: 2, code: "registry_problems" });
    expect((await sandbox.run(["providers", "check"])).stderr).toContain("__proto__");
  });

  test.each(["constructor", "toString", "hasOwnProperty"])(
    "called %p is an entry like any other",
    async (id) => {
      expect(await failureOf(["login", id])).toMatchObject({ status: 2 });
      expect(await failureOf(["providers", "show", id])).toMatchObject({ status: 2 });
    },
  );

  test("whose id differs from another by case alone is refused, and the other works", async () => {
    const entry = (name: string) => ({
      authorization_endpoint: `https://${name}.example/a`,
      token_endpoint: `https://${name}.example/t`,
      client_id: "x",
    });
    await sandbox.writeRegistry({ acme: entry("good"), Acme: entry("evil"), ACME: entry("worse") });
    const { stdout } = await sandbox.run(["login", "acme", "--begin"]);
    expect(JSON.parse(stdout).url).toStartWith("https://good.example/a?");
    const { stderr } = await sandbox.run(["providers", "check"]);
    expect(stderr).toContain('"Acme" cannot be a provider id');
    expect(stderr).toContain('"ACME" cannot be a provider id');
    expect(stderr).toContain("lower-case");
  });

  test("that stands there twice is refused, and its neighbours work", async () => {
    const text =
      '{"providers":{"acme":{"issuer":"https://a.example"},"acme":{"issuer":"https://b.example"}}}';
    await write(text);
    expect((await failureOf(["login", "acme"])).message).toContain('"acme" stands here twice');
    await expectOthersWork();
  });
});

describe("a value", () => {
  test.each([
    "evil.example/x",
    "evil.example#",
    "evil.example?",
    "good.okta.com@evil.example",
    "evil.example\\x",
    "{client_id}.example",
    "evil.example%2f",
    "ev il.example",
    "",
    "-",
    "..",
    "evil.example\r\nHost: x",
  ])("%p of a variable in a host is refused", async (value) => {
    const endpoints = { authorization_endpoint: "https://{host}/a", token_endpoint: "https://{host}/t" };
    await sandbox.writeRegistry({ acme: { ...endpoints, client_id: "x", variables: { host: {} } } });
    const { status, code } = await failureOf(["login", "acme", "--set", `host=${value}`]);
    expect(status).toBe(2);
    expect(["bad_variable", "bad_host"]).toContain(code);
  });

  test("of a variable in a path or query stays in its place", async () => {
    const variables = { tenant: {} };
    const authorization_endpoint = "https://a.example/{tenant}/a?t={tenant}";
    const token_endpoint = "https://a.example/t";
    await sandbox.writeRegistry({
      acme: { authorization_endpoint, token_endpoint, client_id: "x", variables },
    });
    const value = "x/y?client_id=evil&a=b#c";
    const { stdout } = await sandbox.run(["login", "acme", "--begin", "--set", `tenant=${value}`]);
    const url = new URL(JSON.parse(stdout).url);
    expect(url.pathname).toBe(`/${encodeURIComponent(value)}/a`);
    expect(url.searchParams.getAll("client_id")).toEqual(["x"]);
    expect(url.searchParams.get("t")).toBe(value);
    expect((await failureOf(["login", "acme", "--set", "tenant=.."])).status).toBe(2);
  });
});

test("a command for a secret runs for a login alone, never to list, show or check", async () => {
  await using server = await startOidcServer();
  const mark = join(sandbox.folder, "it-ran");
  const client = { client_id: PUBLIC_CLIENT, client_secret: { command: ["touch", mark] } };
  await sandbox.writeRegistry({ acme: { issuer: server.issuer, ...client } });
  const looks = [
    ["list"],
    ["show", "acme"],
    ["check"],
    ["check", "--online", "--only", "acme"],
    ["path"],
    ["schema"],
  ];
  for (const args of looks) {
    expect((await sandbox.run(["providers", ...args])).status).toBe(0);
    expect([args, await Bun.file(mark).exists()]).toEqual([args, false]);
  }
  // It says nothing, so the login fails, and says so.
  const { status, stderr } = await logIn(sandbox, ["acme"]);
  expect(await Bun.file(mark).exists()).toBe(true);
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("gives nothing") });
});

test("a hostile name stays text on the page that the browser ends on (STANDARDS 78)", async () => {
  await using server = await startOidcServer();
  const name = '<img src=x onerror="alert(1)">\u202e</title>&amp;';
  await sandbox.writeRegistry({ acme: { name, issuer: server.issuer, client_id: PUBLIC_CLIENT } });
  const { page, status } = await logIn(sandbox, ["acme"]);
  expect(status).toBe(0);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("\u202e");
});

test("providers path makes nothing", async () => {
  const fresh = join(sandbox.folder, "fresh");
  const { stdout, status } = await sandbox.run(["providers", "path"], {
    environment: { KEYFOB_HOME: fresh },
  });
  expect({ stdout, status }).toEqual({ stdout: `${join(fresh, "providers.json")}\n`, status: 0 });
  expect(await Bun.$`test -e ${fresh}`.nothrow()).toMatchObject({ exitCode: 1 });
});
