/**
 * A release is what it says: reproducible, hashed, signed, described.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, cp, mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { packTarball, packZip } from "../../src/release/archive.ts";
import { writeNpmPackages } from "../../src/release/npm_packages.ts";
import { homebrewFormula, nixExpression } from "../../src/release/package_managers.ts";
import { buildProgram } from "../../src/release/program.ts";
import { makeKeyPair, readReleaseKey } from "../../src/release/release_key.ts";
import { refuseGrowth, sizeReport } from "../../src/release/size_report.ts";
import { readSourceFacts } from "../../src/release/source_facts.ts";
import { output } from "../../src/release/tool.ts";
import { parseManifest } from "../../src/upgrade/manifest.ts";
import { type Platform, PLATFORMS } from "../../src/upgrade/platform.ts";
import { verifySignature } from "../../src/upgrade/signature.ts";
import metadata from "../../package.json" with { type: "json" };
import { hostPlatform, type MadeRelease, realRelease, ROOT, TEST_KEY } from "./releases.ts";

const URL_OF_RELEASES = "https://releases.example/keyfob";

let release: MadeRelease;
let scratch: string;
let platform: Platform;

/** Seconds that building and packing may take on a busy machine; alone it takes about five. */
const SECONDS_TO_BUILD = 60;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "keyfob-release-test-"));
  release = await realRelease({ url: URL_OF_RELEASES });
  platform = await hostPlatform();
}, SECONDS_TO_BUILD * 1000);

afterAll(async () => {
  await release[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

async function hash(path: string): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
}

function textOf(name: string): Promise<string> {
  return Bun.file(join(release.folder, name)).text();
}

/** A copy of the checkout with the packages that are built in, in `folder`. */
async function copyCheckout(from: string, folder: string): Promise<string> {
  const { components } = JSON.parse(await textOf("keyfob.cdx.json")) as { components: { name: string }[] };
  const packages = components
    .map(({ name }) => join("node_modules", name))
    .filter((path) => !path.endsWith("bun"));
  for (const name of ["src", "package.json", "bun.lock", "tsconfig.json", ...packages]) {
    await cp(join(from, name), join(folder, name), { recursive: true });
  }
  return folder;
}

test("two builds of one commit are equal to the byte, wherever the checkout lies", async () => {
  const one = await copyCheckout(ROOT, join(scratch, "one"));
  const two = await copyCheckout(one, join(scratch, "another", "place"));
  const built = [one, two].map((root) =>
    buildProgram(platform, release.origin, { root, folder: join(root, "built") }),
  );
  const [first = "", second = ""] = await Promise.all(built);
  expect(await hash(first)).toBe(await hash(second));
});

test("two archives of the same files are equal to the byte, whatever the files' times are", async () => {
  const program = join(scratch, "keyfob");
  await Bun.write(program, "#!/bin/sh\necho 0.1.0\n");
  const files = [
    { path: program, isProgram: true },
    { path: join(ROOT, "LICENSE"), isProgram: false },
  ];
  const first = await packTarball(files, 1_700_000_000);
  await packZip(files, 1_700_000_000, join(scratch, "one.zip"));
  await utimes(program, 1, 1);
  expect(await packTarball(files, 1_700_000_000)).toEqual(first);
  await packZip(files, 1_700_000_000, join(scratch, "two.zip"));
  expect(await hash(join(scratch, "two.zip"))).toBe(await hash(join(scratch, "one.zip")));
});

test("the program says its version, commit, date and platform", async () => {
  const said: unknown = JSON.parse(
    await output([release.program, "--version", "--json"], { folder: scratch }),
  );
  const { commit, date } = release.origin.facts;
  expect(said).toEqual({ version: "0.1.0", commit, date, platform: platform.name });
  expect(commit).toMatch(/^[0-9a-f]{40}(?:-dirty)?$/);
});

test("the date is the commit's, or SOURCE_DATE_EPOCH", async () => {
  const facts = await readSourceFacts(ROOT, { SOURCE_DATE_EPOCH: "86400" });
  expect(facts.date).toBe("1970-01-02T00:00:00Z");
  const seconds = await output(["git", "log", "-1", "--format=%ct"], { folder: ROOT });
  expect((await readSourceFacts(ROOT, {})).epochSeconds).toBe(Number(seconds));
  expect(readSourceFacts(ROOT, { SOURCE_DATE_EPOCH: "yesterday" })).rejects.toMatchObject({
    code: "bad_epoch",
  });
});

test("every file has its hash in the signed manifest, and sha256sum agrees with SHA256SUMS", async () => {
  const manifest = parseManifest(await textOf("keyfob.manifest"));
  const unlisted = new Set([
    "keyfob.manifest",
    "keyfob.manifest.sig",
    "keyfob.manifest.sshsig",
    "SHA256SUMS",
  ]);
  const expected = (await readdir(release.folder)).filter((name) => !unlisted.has(name)).sort();
  expect(manifest.files.map(({ name }) => name)).toEqual(expected);
  for (const { name, sha256, size } of manifest.files) {
    expect(await hash(join(release.folder, name))).toBe(sha256);
    expect((await stat(join(release.folder, name))).size).toBe(size);
  }
  const checked = await output(["sha256sum", "--check", "--strict", "SHA256SUMS"], {
    folder: release.folder,
  });
  expect(checked).toContain(`keyfob-0.1.0-${platform.name}.tar.gz: OK`);
});

test("the signature is good for the manifest and for no other text, key or signature", async () => {
  const manifest = new TextEncoder().encode(await textOf("keyfob.manifest"));
  const signature = await textOf("keyfob.manifest.sig");
  await verifySignature(manifest, signature, TEST_KEY.publicKey);
  const other = manifest.slice();
  other[30] = (other[30] ?? 0) ^ 1;
  const wrong: [text: Uint8Array, signature: string, key: string][] = [
    [other, signature, TEST_KEY.publicKey],
    [manifest, signature, makeKeyPair().publicKey],
    [manifest, "AAAA", TEST_KEY.publicKey],
    [manifest, "no base64 !", TEST_KEY.publicKey],
    [manifest, signature, ""],
  ];
  for (const parts of wrong) {
    expect(verifySignature(...parts)).rejects.toMatchObject({ code: "bad_signature", exitStatus: 5 });
  }
});

test("a release key is read from the environment alone, and must be the committed one", () => {
  const { privateKey, publicKey } = makeKeyPair();
  expect(readReleaseKey(privateKey, publicKey).publicKey).toBe(publicKey);
  expect(() => readReleaseKey(undefined, "")).toThrow("KEYFOB_RELEASE_KEY is not set");
  expect(() => readReleaseKey("c2VjcmV0", "")).toThrow("is no Ed25519 key");
  expect(() => readReleaseKey(privateKey, makeKeyPair().publicKey)).toThrow("is not the committed key");
});

test("the bill of materials is valid CycloneDX and names every package that is built in, and the runtime", async () => {
  const text = await textOf("keyfob.cdx.json");
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  const { components } = JSON.parse(text) as {
    components: { name: string; version: string; licenses: unknown[] }[];
  };
  const versions = Object.fromEntries(components.map(({ name, version }) => [name, version]));
  expect(versions).toMatchObject({ ...metadata.dependencies, bun: metadata.devDependencies.bun });
  expect(components.every(({ licenses }) => licenses.length === 1)).toBe(true);
});

test("sizes are reported, and growth beyond the limits is refused", async () => {
  const archive = (await stat(join(release.folder, `keyfob-0.1.0-${platform.name}.tar.gz`))).size;
  const size = { platform: "linux-x64", program: (await stat(release.program)).size, archive };
  expect(() => refuseGrowth([size])).not.toThrow();
  expect(() => refuseGrowth([{ ...size, program: size.program * 2 }])).toThrow("it has grown");
  expect(sizeReport([size])).toMatch(/linux-x64 +\d+\.\d MiB +\d+\.\d MiB/);
});

test("the man page is made of the command tree and is well-formed", async () => {
  const page = await textOf("keyfob.1");
  await output(["mandoc", "-T", "lint", "-W", "error", join(release.folder, "keyfob.1")], {
    folder: scratch,
  });
  expect(page).toContain(".SS keyfob login [options] [account]");
  expect(page).toContain(".B \\-\\-no\\-browser");
  expect(page).not.toContain("keyfob complete ");
});

test("npm installs the launcher with this platform's program, and npx runs it", async () => {
  const path = join(scratch, "program", "keyfob");
  await Bun.write(path, "#!/bin/sh\necho 0.1.0 $1\n");
  const programs = PLATFORMS.filter(({ name }) => name.startsWith("linux-")).map((built) => ({
    platform: built,
    path,
  }));
  const folders = await writeNpmPackages(join(scratch, "npm"), { version: "0.1.0", root: ROOT, programs });
  expect(folders.map((folder) => basename(folder))).toEqual([
    "keyfob",
    "keyfob-linux-x64",
    "keyfob-linux-x64-musl",
    "keyfob-linux-arm64",
    "keyfob-linux-arm64-musl",
  ]);
  const project = join(scratch, "project");
  await Bun.write(join(project, "package.json"), '{"private": true}');
  // What a registry would do: the platform package is the one whose os, cpu and libc fit.
  const fitting = folders.slice(0, 2);
  const install = [
    "npm",
    "install",
    "--offline",
    "--install-links",
    "--no-audit",
    "--no-fund",
    "--omit=optional",
  ];
  await output([...install, ...fitting], { folder: project, environment: { HOME: scratch } });
  const said = await output(["npx", "--offline", "keyfob", "--version"], {
    folder: project,
    environment: { HOME: scratch },
  });
  expect(said).toBe("0.1.0 --version\n");
  await rm(join(project, "node_modules", "keyfob-linux-x64"), { recursive: true });
  expect(output(["npx", "--offline", "keyfob", "--version"], { folder: project })).rejects.toThrow(
    'the package "keyfob-linux-x64" is not installed',
  );
});

test("the launcher passes signals and statuses on", async () => {
  const folder = join(scratch, "launched");
  const program = join(folder, "node_modules/keyfob-linux-x64/bin/keyfob");
  await Bun.write(program, '#!/bin/sh\ntrap "exit 7" TERM\necho ready\nsleep 20 & wait\n');
  await chmod(program, 0o755);
  const launcher = join(folder, "node_modules/keyfob/bin/keyfob.cjs");
  await cp(join(ROOT, "src/release/npm_launcher.cjs"), launcher);
  const child = Bun.spawn(["node", launcher], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("ready\n");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(7);
});

test("formula and expression carry the hashes of the archives they point to", () => {
  const files = PLATFORMS.map(({ name }, index) => ({
    name: `keyfob-1.2.3-${name}.tar.gz`,
    sha256: String(index).repeat(64),
    size: 1,
  }));
  const published = { version: "1.2.3", url: URL_OF_RELEASES, files };
  for (const text of [homebrewFormula(published), nixExpression(published)]) {
    for (const platform of ["linux-x64-baseline", "linux-arm64", "darwin-x64", "darwin-arm64"]) {
      const file = files.find(({ name }) => name === `keyfob-1.2.3-${platform}.tar.gz`);
      const address = `${URL_OF_RELEASES}/download/v1.2.3/${file?.name}`;
      expect(text.slice(text.indexOf(address))).toContain(`${file?.sha256}`);
      expect(text).toContain(address);
    }
  }
});
