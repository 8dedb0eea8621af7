/**
 * `keyfob doctor` where keyfob's own files are not well: it runs every check that it can, and each fix is right.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { mountSmallDisk } from "../proof/small_disk.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";

interface Check {
  readonly subject: string;
  readonly state: "good" | "note" | "bad";
  readonly message: string;
  readonly fix: string | null;
}

let server: DeviceServer;
let sandbox: Sandbox;

beforeAll(() => void (server = startDeviceServer()));
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ acme: server.entry });
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function file(name: string): string {
  return join(sandbox.home, name);
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(file(name), text, { mode: 0o600 });
}

/** What `keyfob doctor NAME` finds that is not good; it must find something, and each thing must have its fix. */
async function troubles(name: string, state: "note" | "bad" = "bad"): Promise<readonly Check[]> {
  const { stdout, stderr, status } = await sandbox.run(["doctor", name, "--json"]);
  expect({ stderr, status }).toEqual({ stderr: "", status: state === "bad" ? 1 : 0 });
  const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
  // Every other check ran all the same.
  for (const subject of ["machine", "browser", "proxy", "certificates"])
    expect(checks.map((check) => check.subject)).toContain(subject);
  const found = checks.filter((check) => check.state === state);
  expect(found.length).toBeGreaterThan(0);
  for (const { fix } of found) expect(fix).toBeString();
  return found;
}

describe("the key", () => {
  test.each([
    ["holds no key", "junk", "it holds no key"],
    ["is missing", undefined, "there is no such file"],
  ])("%s: restore it, or start over by moving the vault, and never make a key", async (_what, text, why) => {
    await logIn(sandbox, ["acme"]);
    await (text === undefined ? rm(file("key")) : write("key", text));
    const [found, ...more] = await troubles("acme");
    expect(more).toEqual([]);
    expect(found?.message).toBe(
      `Cannot ${text === undefined ? "read" : "use"} the key file "${file("key")}": ${why}`,
    );
    expect(found?.fix).toStartWith("put the right key there from a backup. ");
    expect(found?.fix).not.toContain("openssl");
    // A login says the same, and works once that was done.
    const refused = await sandbox.run(["login", "acme", "--json"]);
    expect(JSON.parse(refused.stdout).hint).toBe(found?.fix);
    const command = found?.fix?.replace(/^.*: (?=mkdir )/, "") ?? "";
    expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
    expect((await logIn(sandbox, ["acme"])).status).toBe(0);
    expect(await readdir(file("old"))).toContain("vault.db");
  });
});

describe("the registry", () => {
  test("that is cut off: place and fix, once, and the other checks run", async () => {
    await write("providers.json", '{"providers": {\n "acme": {"issuer": "https://id.example"}\n');
    expect(await troubles("acme")).toEqual([
      {
        subject: "registry",
        state: "bad",
        message: `${file("providers.json")}:3:1: not valid JSON: close brace expected`,
        fix: 'end the object with "}"; the file may be cut off',
      },
      {
        subject: "acme",
        state: "bad",
        message: "its entry is broken",
        fix: "mend the registry, as said of it, then: keyfob doctor acme",
      },
    ]);
  });

  test("that others may write to: one complaint with its chmod, from doctor, login and refresh alike", async () => {
    await logIn(sandbox, ["acme"]);
    await chmod(file("providers.json"), 0o666);
    const [first, second, ...more] = await troubles("acme");
    expect(first).toMatchObject({
      subject: "registry",
      message: `${file("providers.json")}:1:1: other users may write to it`,
      fix: `chmod go-w '${file("providers.json")}'`,
    });
    expect(second).toMatchObject({ subject: "acme", message: expect.stringContaining("not known without") });
    expect(more).toEqual([]);
    for (const command of ["login", "refresh"]) {
      const { stderr, status } = await sandbox.run([command, "acme"]);
      expect(status).toBe(2);
      expect(stderr.split("other users may write to it")).toHaveLength(2);
      expect(stderr).toEndWith(`hint: chmod go-w '${file("providers.json")}'\n`);
    }
  });
});

test("an account is looked at as its provider is, with the variables of its login", async () => {
  const path = { token_endpoint: `${new URL(server.entry["token_endpoint"] as string).origin}/{path}` };
  const variables = { path: { pattern: "[a-z]+", prompt: "the path" } };
  await sandbox.writeRegistry({ acme: { ...server.entry, ...path, variables } });
  const [unknown] = await troubles("acme/work", "note");
  expect(unknown).toMatchObject({ subject: "acme", fix: "keyfob login acme --set path=VALUE" });
  await logIn(sandbox, ["acme/work", "--set", "path=token"]);
  const { stdout, status } = await sandbox.run(["doctor", "acme/work"]);
  expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^ok way to acme: /m), status: 0 });
  expect((await sandbox.run(["doctor", "acm/work"])).status).toBe(2);
});

test("a full disk: doctor finds out by writing, and leaves nothing behind", async () => {
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 1024);
  sandbox.environment["KEYFOB_HOME"] = disk.folder;
  sandbox.environment["KEYFOB_REGISTRY"] = file("providers.json");
  const before = await readdir(disk.folder);
  expect((await sandbox.run(["doctor", "acme"])).status).toBe(0);
  expect(await readdir(disk.folder)).toEqual(before);
  disk.fill();
  const [found, ...more] = await troubles("acme");
  expect(found).toMatchObject({ subject: "store", message: expect.stringContaining("the disk is full") });
  expect(found?.fix).toContain("free some space");
  expect(more).toEqual([]);
  expect(await readdir(disk.folder)).toEqual(["filler"]);
  disk.empty();
  disk.setReadOnly();
  const [readOnly] = await troubles("acme");
  expect(readOnly).toMatchObject({ message: expect.stringContaining("the file system is read-only") });
});

test("a full disk on which a failed refresh has used up the reserve: doctor goes on saying so, until there is space", async () => {
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 2048);
  sandbox.environment["KEYFOB_HOME"] = disk.folder;
  sandbox.environment["KEYFOB_REGISTRY"] = file("providers.json");
  await logIn(sandbox, ["acme/w"]);
  disk.fill();
  for (let round = 0; round < 2; round += 1) {
    const [found] = await troubles("acme");
    expect(found).toMatchObject({ subject: "store", message: expect.stringContaining("the disk is full") });
    const { status, stderr } = await sandbox.run(["refresh", "acme/w"]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("the disk is full")]);
    expect(await readdir(disk.folder)).not.toContain("vault.db.reserve");
  }
  await troubles("acme");
  disk.empty();
  expect((await sandbox.run(["doctor", "acme"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "acme/w"])).status).toBe(0);
});

describe("the settings", () => {
  test("that are not understood: line, column and what would be right", async () => {
    await write("config.json", '{\n  "hooks": {"on_refresh": "notify"}\n}');
    expect(await troubles("acme")).toMatchObject([
      {
        subject: "config.json",
        message: `Cannot use "${file("config.json")}": line 2, column 27: "hooks.on_refresh": a string does not fit here`,
        fix: expect.stringContaining('["PROGRAM", "ARGUMENT"]'),
      },
    ]);
  });

  test("that name a default account which is not there: doctor and token say where", async () => {
    await logIn(sandbox, ["acme/work"]);
    await write("config.json", '{"default_account": "nope"}');
    expect(await troubles("acme")).toMatchObject([
      {
        subject: "config.json",
        message: expect.stringContaining('"nope"'),
        fix: expect.stringContaining(file("config.json")),
      },
    ]);
    const { stdout, status } = await sandbox.run(["token", "--json"]);
    expect(status).toBe(4);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: "unknown_account",
      message: expect.stringContaining(`"default_account" of "${file("config.json")}"`),
      hint: expect.stringContaining('change "default_account" there'),
    });
    await write("config.json", '{"default_account": "acme/work"}');
    expect((await sandbox.run(["doctor", "acme"])).status).toBe(0);
    await write("config.json", '{"default_account": "nope"}');
    const environment = { KEYFOB_TOKEN_NOPE: "given" };
    expect((await sandbox.run(["doctor", "acme"], { environment })).status).toBe(0);
  });
});

test("a login whose provider was removed: status says so, and refresh says how to add it", async () => {
  await logIn(sandbox, ["acme/work"]);
  await sandbox.writeRegistry({ acme2: server.entry });
  const { stdout } = await sandbox.run(["status", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject([
    { state: "alive", refreshable: false, last_error: expect.stringContaining("keyfob providers add acme") },
  ]);
  expect((await sandbox.run(["status"])).stdout).toMatch(
    /^acme\/work .* provider missing .*keyfob providers add acme/m,
  );
  const { stderr, status } = await sandbox.run(["refresh", "acme/work"]);
  expect(status).toBe(2);
  expect(stderr).toContain('the registry has no provider "acme" any more');
  expect(stderr).toEndWith("\n  hint: keyfob providers add acme\n");
});
