/**
 * What surrounds a release: the container's file system, systemd's units, the workflows.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output } from "../../src/release/tool.ts";
import { PLATFORMS } from "../../src/upgrade/platform.ts";
import { builtBinary } from "../drivers/build.ts";
import { ROOT } from "./releases.ts";

async function scratchFolder() {
  const path = await mkdtemp(join(tmpdir(), "keyfob-packaging-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("the image's file system is the program and its libraries, and is enough to log in with", async () => {
  await using scratch = await scratchFolder();
  const root = join(scratch.path, "root");
  await output(["sh", join(ROOT, "src/release/image_root.sh"), await builtBinary(), root], { folder: ROOT });
  const files = await Array.fromAsync(new Bun.Glob("**").scan({ cwd: root }));
  expect(files.filter((file) => !/\.so(?:\.\d+)*$/.test(file))).toEqual(["usr/bin/keyfob"]);
  expect(files.length).toBe(6);
  await mkdir(join(root, "proc"));
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const begin = `mount -t proc proc ${root}/proc && exec chroot ${root} /usr/bin/keyfob login openai --begin`;
  const said = await output(["unshare", ...user, "--mount", "--pid", "--fork", "--", "sh", "-c", begin], {
    folder: "/",
    environment: { KEYFOB_HOME: "/data", HOME: "/" },
  });
  expect(JSON.parse(said)).toHaveProperty("state");
  const dockerfile = await Bun.file(join(ROOT, "src/release/Dockerfile")).text();
  expect(dockerfile).toContain("RUN sh /build/image_root.sh /build/keyfob /root-folder");
});

test("systemd accepts the units, and they call commands that exist", async () => {
  await using scratch = await scratchFolder();
  const folder = join(ROOT, "src/release/systemd");
  const names = await Array.fromAsync(new Bun.Glob("*").scan(folder));
  expect(names.sort()).toEqual([
    "bot.service",
    "keyfob-check@.service",
    "keyfob-check@.timer",
    "keyfob-warn@.service",
  ]);
  const help = await output([await builtBinary(), "--help"], { folder: scratch.path });
  for (const name of names) {
    const text = await Bun.file(join(folder, name)).text();
    for (const [, command = ""] of text.matchAll(/\/keyfob ([a-z]+)/g))
      expect(help).toContain(`\n  ${command} `);
    // The programs that the units start are on nobody's build machine: true stands for them.
    await Bun.write(
      join(scratch.path, name),
      text.replaceAll(/\/usr\/local\/bin\/(?:keyfob|bot)/g, "/bin/true"),
    );
  }
  const instances = names.map((name) => join(scratch.path, name.replace("@.", "@google-work.")));
  for (const name of names.filter((candidate) => candidate.includes("@."))) {
    await Bun.write(
      join(scratch.path, name.replace("@.", "@google-work.")),
      Bun.file(join(scratch.path, name)),
    );
  }
  await output(["systemd-analyze", "verify", "--man=no", ...instances], { folder: scratch.path });
});

interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Job {
  readonly needs?: string;
  readonly environment?: string;
  readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
  readonly strategy?: { readonly matrix: { readonly include: readonly { readonly platform: string }[] } };
}

async function readWorkflow(name: string): Promise<Workflow> {
  return Bun.YAML.parse(await Bun.file(join(ROOT, ".github/workflows", name)).text()) as Workflow;
}

test("the release workflow checks, builds, runs every platform, and only then publishes", async () => {
  const { jobs } = await readWorkflow("release.yml");
  expect([jobs["build"]?.needs, jobs["run"]?.needs, jobs["publish"]?.needs]).toEqual([
    "check",
    "build",
    "run",
  ]);
  expect(jobs["check"]?.steps.map(({ run }) => run)).toContain(".ci/run");
  const tried = jobs["run"]?.strategy?.matrix.include.map(({ platform }) => platform);
  expect(tried).toEqual(PLATFORMS.map(({ name }) => name));
});

test("the release workflow presses for completions in a real PowerShell, which there is none of here", async () => {
  const { jobs } = await readWorkflow("release.yml");
  const [step] = jobs["run"]?.steps.filter(({ run }) => run?.includes("TabExpansion2")) ?? [];
  expect(step).toMatchObject({ if: "runner.os == 'Windows'", shell: "pwsh" });
  expect(step?.run).toContain("keyfob completions powershell | Out-String | Invoke-Expression");
});

test("the private key reaches one step alone, behind the release environment", async () => {
  const { jobs } = await readWorkflow("release.yml");
  const holders = Object.entries(jobs).flatMap(([name, { steps, environment }]) =>
    steps
      .filter((step) => JSON.stringify(step).includes("RELEASE_KEY"))
      .map(({ run }) => [name, environment, run]),
  );
  expect(holders).toEqual([
    ["build", "release", 'npm run release -- --url "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/releases"'],
  ]);
});

test("every push is checked as .ci/run does it", async () => {
  const { jobs } = await readWorkflow("check.yml");
  expect(jobs["check"]?.steps.map(({ run }) => run)).toContain(".ci/run");
});
