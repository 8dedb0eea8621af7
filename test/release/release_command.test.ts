/**
 * `bun run release`, as the release workflow runs it.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeyPair, readReleaseKey } from "../../src/release/release_key.ts";
import metadata from "../../package.json" with { type: "json" };
import { hostPlatform, ROOT } from "./releases.ts";

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

async function release(root: string, args: readonly string[], key = ""): Promise<Ended> {
  const child = Bun.spawn([process.execPath, join(root, "src/release/release.ts"), ...args], {
    cwd: root,
    env: { ...process.env, KEYFOB_RELEASE_KEY: key, KEYFOB_RELEASE_URL: "" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, status };
}

async function scratchFolder() {
  const path = await mkdtemp(join(tmpdir(), "keyfob-command-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("builds, signs and packs a platform, and reports its size", async () => {
  await using scratch = await scratchFolder();
  const { name } = await hostPlatform();
  const { privateKey } = makeKeyPair();
  const args = ["--only", name, "--out", scratch.path, "--url", "https://releases.example/keyfob"];
  const { stdout, stderr, status } = await release(ROOT, args, privateKey);
  expect(stderr).toBe(`built ${name}\n`);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`^PLATFORM +PROGRAM +ARCHIVE\n${name} +[\\d.]+ MiB +[\\d.]+ MiB\n$`));
  expect((await readdir(join(scratch.path, "release"))).sort()).toEqual([
    "LICENSE",
    "SHA256SUMS",
    "install.sh",
    `keyfob-${metadata.version}-${name}.tar.gz`,
    "keyfob.1",
    "keyfob.cdx.json",
    "keyfob.manifest",
    "keyfob.manifest.sig",
    "keyfob.manifest.sshsig",
  ]);
  const installer = await Bun.file(join(scratch.path, "release/install.sh")).text();
  const { publicKey } = readReleaseKey(privateKey, "");
  expect(installer).toContain(`\nrelease_key='${publicKey}'\n`);
  expect(installer).toContain("\nrelease_url='https://releases.example/keyfob'\n");
});

test("nothing is released without a key, or for a platform that is none", async () => {
  const keyless = await release(ROOT, []);
  expect(keyless.stderr).toContain("Cannot sign the release: KEYFOB_RELEASE_KEY is not set");
  expect(keyless.status).toBe(1);
  const unknown = await release(ROOT, ["--only", "amiga"], makeKeyPair().privateKey);
  expect(unknown.stderr).toContain('Cannot build for "amiga"');
  expect(unknown.status).toBe(1);
});

test("--make-key prints the private key and writes the public one into the source", async () => {
  await using scratch = await scratchFolder();
  for (const name of ["src", "package.json"])
    await cp(join(ROOT, name), join(scratch.path, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(scratch.path, "node_modules"));
  const { stdout, stderr, status } = await release(scratch.path, ["--make-key"]);
  expect(status).toBe(0);
  expect(stderr).toContain("commit it");
  const source = await Bun.file(join(scratch.path, "src/release_origin.ts")).text();
  const [, committed = ""] = /COMMITTED_RELEASE_KEY: string =\s*"([^"]+)"/.exec(source) ?? [];
  expect(readReleaseKey(stdout, committed).publicKey).toBe(committed);
});
