/**
 * `keyfob upgrade` with real programs: checked, in one step, only forward.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { chmod, chown, copyFile, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { makeKeyPair, readReleaseKey } from "../../src/release/release_key.ts";
import { download } from "../../src/guarded_download.ts";
import { upgrade } from "../../src/upgrade/upgrade.ts";
import { builtBinary } from "../drivers/build.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startConnectProxy } from "../servers/connect_proxy.ts";
import { AUTHORITY_FILE, PRIVATE_NAME, PRIVATE_TLS } from "../servers/private_authority.ts";
import { type ReleaseServer, startReleaseServer } from "../release/release_server.ts";
import { type MadeRelease, realRelease, smallRelease } from "../release/releases.ts";

/** Seconds that two builds may take on a busy machine. */
const SECONDS_TO_PREPARE = 120;

let server: ReleaseServer;
/** 1.9.0 is installed, 1.10.0 the newest; both are real. */
let installed: MadeRelease;
let newest: MadeRelease;
/** 1.8.0 is older, 1.11.0 signed by a stranger, the program of 1.12.0 does not start. */
let small: MadeRelease[];

beforeAll(async () => {
  server = await startReleaseServer();
  const { url } = server;
  const stranger = readReleaseKey(makeKeyPair().privateKey, "");
  [installed, newest, ...small] = await Promise.all([
    realRelease({ version: "1.9.0", url }),
    realRelease({ version: "1.10.0", url }),
    smallRelease({ version: "1.8.0" }),
    smallRelease({ version: "1.11.0", signer: stranger }),
    smallRelease({ version: "1.12.0", program: "#!/bin/sh\nexit 1\n" }),
  ]);
  for (const made of [installed, newest, ...small]) server.releases.set(made.version, made.folder);
}, SECONDS_TO_PREPARE * 1000);

beforeEach(() => {
  server.fault = undefined;
  server.latest = "1.10.0";
});

afterAll(async () => {
  for (const made of [installed, newest, ...small, server]) await made[Symbol.asyncDispose]();
});

/** A sandbox whose program is an installed 1.9.0. */
async function install(): Promise<Sandbox & { program: string; bin: string; keyfob: Keyfob }> {
  const sandbox = await createSandbox();
  const bin = join(sandbox.folder, "bin");
  const program = join(bin, "keyfob");
  await mkdir(bin);
  await copyFile(installed.program, program);
  await chmod(program, 0o755);
  return { ...sandbox, program, bin, keyfob: (...args) => runProgram(sandbox, program, args) };
}

type Keyfob = (...args: string[]) => Promise<{ status: number; stdout: string; stderr: string }>;

async function runProgram(sandbox: Sandbox, program: string, args: readonly string[]) {
  const child = Bun.spawn([program, ...args], { env: sandbox.environment, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, status };
}

test("upgrades to the newest, keeps the version before, and goes back and forth by --rollback", async () => {
  await using machine = await install();
  expect(JSON.parse((await machine.keyfob("upgrade", "--check", "--json")).stdout)).toEqual({
    from: "1.9.0",
    to: "1.10.0",
    changed: false,
    newer: true,
  });
  const upgraded = await machine.keyfob("upgrade");
  expect(upgraded).toEqual({ status: 0, stdout: "", stderr: "keyfob is 1.10.0 now; it was 1.9.0\n" });
  expect((await machine.keyfob("--version")).stdout).toBe("1.10.0\n");
  expect((await readdir(machine.bin)).sort()).toEqual(["keyfob", "keyfob.previous"]);
  expect((await stat(machine.program)).mode & 0o777).toBe(0o755);
  expect((await machine.keyfob("upgrade")).stderr).toBe("keyfob 1.10.0 is the newest\n");

  expect((await machine.keyfob("upgrade", "--rollback", "--json")).stdout).toBe(
    '{"from":"1.10.0","to":"1.9.0","changed":true,"newer":false}\n',
  );
  expect((await machine.keyfob("--version")).stdout).toBe("1.9.0\n");
  await machine.keyfob("upgrade", "--rollback");
  expect((await machine.keyfob("--version")).stdout).toBe("1.10.0\n");
});

test("the program keeps its mode and, where root upgrades it, its owner, whatever the umask", async () => {
  await using machine = await install();
  const owner = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
  const group = process.getgid?.() === 0 ? 65_534 : (process.getgid?.() ?? 0);
  await chown(machine.program, owner, group);
  for (const [mode, umask, command] of [
    [0o755, "077", ["upgrade"]],
    [0o755, "077", ["upgrade", "--rollback"]],
    [0o750, "000", ["upgrade"]],
  ] as const) {
    await chmod(machine.program, mode);
    const line = ["sh", "-c", `umask ${umask}; exec "$@"`, "sh", machine.program, ...command];
    expect(await runProgram(machine, "/usr/bin/env", line)).toMatchObject({ status: 0 });
    const { mode: left, uid, gid } = await stat(machine.program);
    expect({ mode: left & 0o7777, uid, gid }).toEqual({ mode, uid: owner, gid: group });
  }
});

test("a link to the program stays a link, and its target is replaced", async () => {
  await using machine = await install();
  const link = join(machine.folder, "link");
  await symlink(machine.program, link);
  expect((await runProgram(machine, link, ["upgrade"])).status).toBe(0);
  expect((await runProgram(machine, link, ["--version"])).stdout).toBe("1.10.0\n");
  expect(await readdir(machine.bin)).toContain("keyfob.previous");
});

/** Upgrades and expects it to be refused with `code`, with nothing changed or left behind. */
async function expectRefusal(code: string, status: number): Promise<void> {
  await using machine = await install();
  const ended = await machine.keyfob("upgrade", "--json");
  expect((JSON.parse(ended.stdout) as { error: { code: string } }).error.code).toBe(code);
  expect(ended.status).toBe(status);
  expect(await readdir(machine.bin)).toEqual(["keyfob"]);
  expect((await machine.keyfob("--version")).stdout).toBe("1.9.0\n");
}

test("an older release that is served as the newest is refused", async () => {
  server.latest = "1.8.0";
  await expectRefusal("older", 5);
});

test("a release signed with another key is refused", async () => {
  server.latest = "1.11.0";
  await expectRefusal("bad_signature", 5);
});

test("a program that does not start as what it should be is not put in place", async () => {
  server.latest = "1.12.0";
  await expectRefusal("does_not_start", 1);
});

test("a changed manifest, a changed archive, a cut and a missing download are refused", async () => {
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte));
  server.fault = { files: /manifest$/, does: flip };
  await expectRefusal("bad_signature", 5);
  server.fault = { files: /tar\.gz$/, does: flip };
  await expectRefusal("bad_checksum", 5);
  server.fault = { files: /tar\.gz$/, does: "cut" };
  await expectRefusal("network", 3);
  server.fault = { files: /tar\.gz$/, does: "missing" };
  await expectRefusal("download_refused", 3);
  server.fault = { files: /tar\.gz$/, does: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) };
  await expectRefusal("answer_too_large", 1);
});

test("a redirect is followed, as release hosts send them, but never to plain http elsewhere", async () => {
  server.fault = { files: /tar\.gz$/, does: { redirect: "http://releases.example/keyfob" } };
  await expectRefusal("insecure_download", 1);
  server.fault = { files: /manifest$/, does: { redirect: `${server.url}/download/v1.10.0/keyfob.manifest` } };
  await expectRefusal("too_many_redirects", 1);
});

test("a company's proxy and certificate authority are used", async () => {
  await using secure = await startReleaseServer(PRIVATE_TLS);
  await using proxy = await startConnectProxy({ [`${PRIVATE_NAME}:443`]: secure.port });
  for (const [version, folder] of server.releases) secure.releases.set(version, folder);
  secure.latest = "1.10.0";
  await using machine = await install();
  Object.assign(machine.environment, {
    KEYFOB_UPGRADE_URL: `https://${PRIVATE_NAME}/releases`,
    HTTPS_PROXY: proxy.origin,
  });
  const stranger = await machine.keyfob("upgrade", "--json");
  expect((JSON.parse(stranger.stdout) as { error: { code: string } }).error.code).toBe("certificate");
  Object.assign(machine.environment, { NODE_EXTRA_CA_CERTS: AUTHORITY_FILE });
  expect(await machine.keyfob("upgrade")).toMatchObject({ status: 0 });
  expect((await machine.keyfob("--version")).stdout).toBe("1.10.0\n");
});

test("no upgrade before: --rollback says so", async () => {
  await using machine = await install();
  const ended = await machine.keyfob("upgrade", "--rollback");
  expect(ended.stderr).toContain("Cannot go back: there is no");
  expect(ended.status).toBe(1);
});

test("a program of a package manager is left to it", async () => {
  await using machine = await install();
  const owned = join(machine.folder, "node_modules/keyfob-linux-x64/bin/keyfob");
  await mkdir(join(owned, ".."), { recursive: true });
  await copyFile(machine.program, owned);
  await chmod(owned, 0o755);
  const ended = await runProgram(machine, owned, ["upgrade"]);
  expect(ended.stderr).toContain("hint: npm install -g keyfob@latest");
  expect(ended.status).toBe(2);
});

test("a build from a clone knows nobody to trust, and says how to build the next", async () => {
  await using sandbox = await createSandbox({ KEYFOB_UPGRADE_URL: server.url });
  const inClone = await sandbox.run(["upgrade"]);
  expect(inClone.stderr).toBe(
    "keyfob: Cannot upgrade: this keyfob was built from a clone, and knows no releases\n" +
      "  hint: in the clone: git pull && npm run build\n",
  );
  expect(inClone.status).toBe(2);
  const program = join(sandbox.workFolder, "keyfob");
  await copyFile(await builtBinary(), program);
  const elsewhere = await runProgram(sandbox, program, ["upgrade", "--check"]);
  expect(elsewhere.stderr).toEndWith(`npm run build && install -m 755 dist/keyfob "${program}"\n`);
});

test("a release without a key of its own is not upgraded, whatever the mirror says", async () => {
  const build = { version: "1.9.0", commit: null, date: null, platform: "linux-x64" };
  const source = { url: server.url, publicKey: "", download };
  await expect(upgrade({ program: "/opt/keyfob", build }, source)).rejects.toMatchObject({
    code: "no_release",
    message: expect.stringContaining("no address or no key"),
  });
});
