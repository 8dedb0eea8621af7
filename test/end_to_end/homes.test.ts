/**
 * Homes that are read-only, absent, or another person's.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { chmod, chown, copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";

/** A user number that no name belongs to, as containers hand out. */
const NAMELESS = 54_321;
const isRoot = process.getuid?.() === 0;

interface Run {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Number of the user who runs it; this one where left out or where it may not be chosen. */
  readonly user?: number;
}

/** Runs the program with nothing in the environment but what is given. */
async function run(sandbox: Sandbox, { args, environment = {}, user }: Run): Promise<Outcome> {
  const program = join(sandbox.workFolder, "keyfob");
  await chmod(sandbox.folder, 0o755);
  await chmod(sandbox.workFolder, 0o755);
  await copyFile(await builtBinary(), program);
  await chmod(program, 0o755);
  const as = user !== undefined && isRoot ? [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
  const child = Bun.spawn([Bun.which("setpriv") ?? "setpriv", ...as, "--", program, ...args], {
    cwd: sandbox.workFolder,
    env: { ...environment },
    stdin: "ignore",
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

/** A begun login needs a place to be kept, and no network. */
const BEGIN = ["login", "openai", "--begin"];

test("a read-only home is named, reading works, and a token in the environment needs no disk", async () => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "closed");
  await mkdir(home, { mode: 0o555 });
  const environment = { HOME: home };
  const begun = await run(sandbox, { args: BEGIN, environment, user: NAMELESS });
  expect(begun.stderr).toContain(`"${home}/.local/share/keyfob/vault.db": permission is denied`);
  expect(begun.status).toBe(1);
  expect((await run(sandbox, { args: ["status", "--json"], environment, user: NAMELESS })).stdout).toBe(
    "[]\n",
  );
  const given = { ...environment, KEYFOB_TOKEN_OPENAI: "from-the-environment" };
  const token = await run(sandbox, { args: ["token", "openai"], environment: given, user: NAMELESS });
  expect(token).toEqual({ stdout: "from-the-environment\n", stderr: "", status: 0 });
});

test("in a home that belongs to root, a login fails before an address is shown, with a way out, and makes nothing", async () => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "of-root");
  // Who is not root has no root's home, but may be kept out of an own one.
  await mkdir(home, { mode: isRoot ? 0o755 : 0o555 });
  const environment = { HOME: home };
  for (const way of [[], ["--method", "device"], ["--begin"]]) {
    const args = ["login", "openai", "--timeout", "3s", ...way];
    const { stdout, stderr, status } = await run(sandbox, { args, environment, user: NAMELESS });
    expect([way, status, stdout]).toEqual([way, 1, ""]);
    expect(stderr).toContain(`"${home}/.local/share/keyfob/vault.db": permission is denied`);
    expect(stderr).toContain("hint: set KEYFOB_HOME to a folder of your own");
    expect(stderr).not.toContain("http");
  }
  const args = ["providers", "add", "acme", "--issuer", "https://acme.invalid", "--client-id", "x"];
  const added = await run(sandbox, { args, environment, user: NAMELESS });
  expect(added.status).toBe(1);
  expect(added.stderr).toContain(
    `Cannot write "${home}/.config/keyfob/providers.json": permission is denied`,
  );
  expect(added.stderr).toContain("hint: set KEYFOB_HOME to a folder of your own");
  expect(await readdir(home)).toEqual([]);
});

test("a login to a provider that is not known makes no vault", async () => {
  await using sandbox = await createSandbox();
  const { status } = await sandbox.run(["login", "no-such-provider"]);
  expect([status, await readdir(sandbox.home)]).toEqual([2, []]);
});

test.each([
  ["closed to writers", 0o555],
  ["closed altogether", 0o000],
])("doctor tries to write, and says of a home that is %s what to do", async (_what, mode) => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "closed");
  await mkdir(home, { mode });
  const environment = { KEYFOB_HOME: join(home, "keyfob") };
  const { stdout, stderr, status } = await run(sandbox, { args: ["doctor"], environment, user: NAMELESS });
  expect(stdout).toMatch(/^!! store: .*: permission is denied\n {3}fix: .*KEYFOB_HOME/m);
  expect({ stderr, status }).toEqual({ stderr: "", status: 1 });
  await chmod(home, 0o700);
  expect(await readdir(home)).toEqual([]);
});

test("doctor says of a vault that can only be read what to do", async () => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "own");
  await mkdir(home, { mode: 0o700 });
  if (isRoot) await chown(home, NAMELESS, NAMELESS);
  const environment = { KEYFOB_HOME: home };
  expect((await run(sandbox, { args: BEGIN, environment, user: NAMELESS })).status).toBe(0);
  await chmod(join(home, "vault.db"), 0o400);
  const { stdout } = await run(sandbox, { args: ["doctor", "openai"], environment, user: NAMELESS });
  expect(stdout).toMatch(/^!! store: .*vault\.db": permission is denied\n {3}fix: /m);
  expect((await readdir(home)).filter((name) => name.endsWith(".probe"))).toEqual([]);
});

test("doctor tries to write where there is nothing yet, and leaves nothing behind", async () => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "new");
  await mkdir(home, { mode: 0o700 });
  const environment = { HOME: home };
  const { stdout } = await run(sandbox, { args: ["doctor", "openai", "--json"], environment });
  const { checks } = JSON.parse(stdout) as { checks: { subject: string; state: string }[] };
  expect(checks.filter(({ subject }) => subject === "store")).toMatchObject([{ state: "good" }]);
  expect(await readdir(home)).toEqual([]);
});

test("no home: says so where one is needed, and KEYFOB_HOME is enough", async () => {
  await using sandbox = await createSandbox();
  // Only root may become a user without a name; anybody else has a home in the system's list.
  const user = isRoot ? NAMELESS : undefined;
  expect((await run(sandbox, { args: ["--version"], user: NAMELESS })).status).toBe(0);
  const begun = await run(sandbox, {
    args: [...BEGIN, "--json"],
    environment: isRoot ? {} : { HOME: "/proc" },
    user: NAMELESS,
  });
  expect(begun.stdout).toContain(isRoot ? '"no_home"' : '"error"');
  expect(begun.status).toBe(isRoot ? 2 : 1);
  const own = join(sandbox.folder, "own");
  await mkdir(own, { mode: 0o700 });
  if (user !== undefined) await chown(own, user, user);
  const kept = await run(sandbox, { args: BEGIN, environment: { KEYFOB_HOME: own }, user: NAMELESS });
  expect(kept.stdout).toContain('"state"');
  expect(kept.status).toBe(0);
});

test("no home: the only token in the environment is printed, and of two none is guessed", async () => {
  await using sandbox = await createSandbox();
  const one = { KEYFOB_TOKEN_ACME: "from-the-environment" };
  const token = await run(sandbox, { args: ["token"], environment: one, user: NAMELESS });
  expect(token).toEqual({ stdout: "from-the-environment\n", stderr: "", status: 0 });
  const two = { ...one, KEYFOB_TOKEN_OTHER: "another" };
  const guess = await run(sandbox, { args: ["token", "--json"], environment: two, user: NAMELESS });
  expect(guess.status).toBe(2);
  const none = await run(sandbox, { args: ["token"], user: NAMELESS });
  expect(none.status).toBe(isRoot ? 2 : 4);
});

test("sudo with the person's own HOME leaves no file of root in there", async () => {
  await using sandbox = await createSandbox();
  const home = join(sandbox.folder, "person");
  await mkdir(home);
  const environment = { HOME: home, SUDO_USER: "person" };
  if (isRoot) await chown(home, NAMELESS, NAMELESS);
  const begun = await run(sandbox, { args: BEGIN, environment });
  if (!isRoot) {
    expect(begun.status).toBe(0);
    return;
  }
  expect(begun.stderr).toContain(`Cannot keep logins of root in "${home}": it is the home of another user`);
  expect(begun.stderr).toContain("hint: run keyfob without sudo");
  expect(begun.status).toBe(2);
  expect(await readdir(home)).toEqual([]);
  const own = { ...environment, KEYFOB_HOME: sandbox.home };
  expect((await run(sandbox, { args: BEGIN, environment: own })).status).toBe(0);
});
