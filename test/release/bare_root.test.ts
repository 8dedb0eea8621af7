/**
 * The installer and the real program in a bare Debian, with neither curl nor bash nor openssl, and on other processors.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildProgram } from "../../src/release/program.ts";
import { output } from "../../src/release/tool.ts";
import { type ReleaseServer, startReleaseServer } from "./release_server.ts";
import { type MadeRelease, platformNamed, realRelease, ROOT } from "./releases.ts";

/** Seconds that debootstrap and the build may take; alone they take 35. */
const SECONDS_TO_PREPARE = 240;

/** The root as debootstrap made it: a run on a fresh clone takes half a minute for it. */
const CACHE = join(ROOT, "node_modules/.cache/keyfob-bare-root.tar");

let server: ReleaseServer;
let release: MadeRelease;
let folder: string;
let root: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keyfob-root-"));
  root = join(folder, "root");
  server = await startReleaseServer();
  [release] = await Promise.all([realRelease({ version: "2.0.0", url: server.url }), makeRoot()]);
  server.releases.set("2.0.0", release.folder);
  server.latest = "2.0.0";
}, SECONDS_TO_PREPARE * 1000);

afterAll(async () => {
  for (const made of [release, server]) await made[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The smallest Debian there is, without bash; made once for a checkout. */
async function makeRoot(): Promise<void> {
  await mkdir(root);
  if (!(await Bun.file(CACHE).exists())) await debootstrap();
  else await output(["tar", "--extract", `--file=${CACHE}`], { folder: root });
}

/** From wherever this machine gets its packages. */
async function debootstrap(): Promise<void> {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(await Bun.file("/etc/os-release").text())?.[1] ?? "";
  const sources = await output(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"], {
    folder: "/",
  });
  const mirror = sources.split("\n").find((line) => line.endsWith(` ${suite}`) && /\/debian\/? /.test(line));
  const from = mirror === undefined ? [] : [mirror.split(" ")[0] ?? ""];
  await output(["debootstrap", "--variant=minbase", "--include=wget", suite, root, ...from], { folder: "/" });
  await rm(join(root, "bin/bash"));
  await mkdir(dirname(CACHE), { recursive: true });
  const exclude = ["--exclude=./dev/*", "--exclude=./var/cache/*", "--exclude=./proc/*", "--exclude=./sys/*"];
  await output(["tar", "--create", `--file=${CACHE}`, ...exclude, "."], { folder: root });
}

/** Runs `script` with the root's own sh, /proc in place, in namespaces that end with it. */
async function inRoot(script: string): Promise<string> {
  const inside = `mount -t proc proc ${root}/proc && exec chroot ${root} /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root sh -ec '${script}'`;
  return await output(["unshare", "--mount", "--", "sh", "-c", inside], { folder: "/" });
}

test("installs with wget alone, and the program starts and keeps its files there", async () => {
  expect(await inRoot("command -v curl bash openssl || echo none")).toBe("none\n");
  const installer = await Bun.file(join(release.folder, "install.sh")).text();
  await Bun.write(join(root, "root/install.sh"), installer);
  const said = await inRoot("cat /root/install.sh | sh 2>&1; /root/.local/bin/keyfob --version");
  expect(said).toContain("Installed keyfob 2.0.0 in /root/.local/bin (checksum good, signature not checked");
  expect(said).toEndWith("\n2.0.0\n");
  expect(await inRoot("/root/.local/bin/keyfob status 2>&1 || echo failed: $?")).toContain(
    "Nobody is logged in",
  );
});

test("the arm64 program runs, by an emulated processor", async () => {
  const program = await buildProgram(platformNamed("linux-arm64"), release.origin, { root: ROOT, folder });
  const emulated = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", program];
  const environment = { HOME: folder, KEYFOB_HOME: join(folder, "arm64") };
  await mkdir(environment.KEYFOB_HOME, { mode: 0o700 });
  const facts: unknown = JSON.parse(
    await output([...emulated, "--version", "--json"], { folder, environment }),
  );
  expect(facts).toMatchObject({ version: "2.0.0", platform: "linux-arm64" });
  expect(await output([...emulated, "status", "--json"], { folder, environment })).toBe("[]\n");
});

test("the baseline program runs on a processor of 2008", async () => {
  const program = await buildProgram(platformNamed("linux-x64-baseline"), release.origin, {
    root: ROOT,
    folder,
  });
  const said = await output(["qemu-x86_64", "-cpu", "Nehalem", program, "--version"], { folder });
  expect(said).toBe("2.0.0\n");
});
