/**
 * How quick the built binary is, as ratios to a hello-world binary built the same way: `bun run bench`.
 *
 * Needs hyperfine and GNU time. Ratios are of medians within one run, since machines differ and are busy.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { copyFileSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePaths } from "../src/paths.ts";
import { openVault } from "../src/vault/vault.ts";

const ROOT = join(import.meta.dir, "..");
const folder = mkdtempSync(join(tmpdir(), "keyfob-bench-"));
/** A copy as fresh as what it is measured against: a file just written is read quicker than one that lay about. */
const KEYFOB = join(folder, "keyfob");
/** Accounts in the large vault, which `token` must not notice. */
const MANY = 100_000;
/** Accounts that `status` shows. */
const SHOWN = 1000;
/** Turns of the measuring, of ten runs each. */
const TURNS = 15;
/** Processes at once. */
const CROWD = 200;

try {
  await bench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const [hello, floor] = await buildYardsticks();
  copyFileSync(join(ROOT, "dist", "keyfob"), KEYFOB);
  const [one, many, shown] = [join(folder, "one"), join(folder, "many"), join(folder, "shown")];
  await seed(one, 1);
  await seed(many, 1);
  multiply(join(many, "vault.db"));
  await seed(shown, SHOWN);
  for (const home of [one, many, shown]) settle(join(home, "vault.db"));
  const token = `${KEYFOB} token google`;
  const [single, large, status] = [
    await measure(one, [hello, token, floor]),
    await measure(many, [hello, token]),
    await measure(shown, [hello, `${KEYFOB} status`]),
  ];
  const [base = 1, , bare = 1] = single;
  const [helloCrowd, tokenCrowd] = [await crowd([hello], one), await crowd([KEYFOB, "token", "google"], one)];
  const [helloPeak, tokenPeak] = [peak([hello], one), peak([KEYFOB, "token", "google"], one)];
  const statusPeak = peak([KEYFOB, "status"], shown);
  printTable([
    ["hello world, built the same way", milliseconds(base), 1],
    ["reading a row and a key, and AES once: what no token undercuts", milliseconds(bare), bare / base],
    ["token, warm, 1 account", ...timeAndRatio(single)],
    [`token, warm, ${grouped(MANY)} accounts`, ...timeAndRatio(large)],
    [`status, ${grouped(SHOWN)} accounts`, ...timeAndRatio(status)],
    [`${CROWD} hello worlds at once`, milliseconds(helloCrowd), 1],
    [`${CROWD} warm tokens at once`, milliseconds(tokenCrowd), tokenCrowd / helloCrowd],
    ["peak memory of hello world", mebibytes(helloPeak), 1],
    ["peak memory of a warm token", mebibytes(tokenPeak), tokenPeak / helloPeak],
    [`peak memory of status, ${grouped(SHOWN)} accounts`, mebibytes(statusPeak), statusPeak / helloPeak],
  ]);
}

/** As the README holds it. */
function printTable(rows: readonly (readonly [what: string, value: string, ratio: number])[]): void {
  const [processor] = cpus();
  const machine = `${cpus().length} × ${processor?.model.trim() ?? "unknown"}, ${process.platform} ${release()}`;
  console.log(`Measured on ${machine}, Bun ${Bun.version}:\n`);
  console.log("| what | median | times hello world |\n|---|---|---|");
  for (const [what, value, ratio] of rows) console.log(`| ${what} | ${value} | ${ratio.toFixed(2)} |`);
}

/** Of the second command, as against the first. */
function timeAndRatio([base = 1, time = 0]: readonly number[]): [value: string, ratio: number] {
  return [milliseconds(time), time / base];
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}

/** What keyfob is measured against, built with its flags: hello world, and the floor under every token. */
async function buildYardsticks(): Promise<[hello: string, floor: string]> {
  const source = join(folder, "hello.ts");
  await Bun.write(source, 'await Bun.write(Bun.stdout, "hello\\n");\nprocess.exit(0);\nexport {};\n');
  const { scripts } = (await Bun.file(join(ROOT, "package.json")).json()) as { scripts: { compile: string } };
  const flags = scripts.compile.split(" ").filter((word) => word.startsWith("--") && word !== "--outfile");
  return [build(source, "hello", flags), build(join(import.meta.dir, "bench_floor.ts"), "floor", flags)];
}

function build(source: string, name: string, flags: readonly string[]): string {
  const output = join(folder, name);
  const command = [process.execPath, "build", source, ...flags, "--outfile", output];
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return output;
}

/** A vault whose first account holds a token of usual length that lives for days. */
async function seed(home: string, count: number): Promise<void> {
  const environment = { KEYFOB_HOME: home };
  const paths = resolvePaths({ environment, platform: "linux", homeFolder: folder });
  const vault = await openVault({ paths, environment, now: () => new Date(), notice: console.error });
  for (let index = 0; index < count; index += 1) {
    const label = index === 0 ? "default" : `label-${index}`;
    await vault.save(
      { provider: "google", label },
      {
        tokens: {
          accessToken: "x".repeat(1200),
          tokenType: "Bearer",
          expiresAt: new Date(Date.now() + 1e9),
          refreshToken: "y".repeat(100),
          scope: ["openid"],
        },
        subject: "1",
        display: `person-${index}@example.org`,
        client: { authMethod: "none", origins: [] },
        choices: {},
        kept: {},
      },
    );
  }
  await vault.close();
}

/** Lets time go by for the store: a look is for one that was not just written to. */
function settle(path: string): void {
  const past = new Date(Date.now() - 60_000);
  utimesSync(path, past, past);
}

/** Copies the one row under other names: only the first must be readable. */
function multiply(path: string): void {
  using database = new Database(path, { readwrite: true });
  const columns = "generation, sealed, state, created_at, issued_at";
  database.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY - 1})
     INSERT INTO account (id, provider, label, ${columns})
     SELECT 'copy-' || i, 'google', 'label-' || i, ${columns} FROM account, n WHERE label = 'default'`,
  );
}

/**
 * Median seconds of each command in one home. Measured in many short turns, each command in each, so that a busy moment
 * of the machine hits all alike.
 */
async function measure(home: string, commands: readonly string[]): Promise<number[]> {
  const times = commands.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const results = await runHyperfine(home, commands);
    for (const [index, found] of results.entries()) times[index]?.push(...found);
  }
  return times.map(
    (found) => found.toSorted((left, right) => left - right)[Math.floor(found.length / 2)] ?? 0,
  );
}

/** Seconds of ten runs of each command, which get their home from the environment as any program does. */
async function runHyperfine(home: string, commands: readonly string[]): Promise<number[][]> {
  const result = join(folder, "result.json");
  const flags = ["-N", "--warmup", "2", "--runs", "10", "--export-json", result];
  const run = Bun.spawn(["hyperfine", ...flags, ...commands], {
    env: { ...process.env, KEYFOB_HOME: home },
    stdout: "ignore",
    stderr: "ignore",
  });
  if ((await run.exited) !== 0) throw new Error("hyperfine failed: is it installed?");
  const { results } = (await Bun.file(result).json()) as { results: { times: number[] }[] };
  return results.map(({ times }) => times);
}

/** Seconds until `CROWD` processes, started at once, have all ended; the median of three times. */
async function crowd(command: readonly string[], home: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    const children = Array.from({ length: CROWD }, () =>
      Bun.spawn([...command], { env: { KEYFOB_HOME: home }, stdout: "ignore", stderr: "inherit" }),
    );
    const statuses = await Promise.all(children.map(({ exited }) => exited));
    if (statuses.some((status) => status !== 0)) throw new Error(`${command.join(" ")} failed in the crowd`);
    times.push((performance.now() - start) / 1000);
  }
  return times.toSorted((left, right) => left - right)[1] ?? 0;
}

/**
 * Bytes of memory at the most, as GNU time has it: what Bun says of a child is never less than Bun itself had when it
 * started the child.
 */
function peak(command: readonly string[], home: string): number {
  const { exitCode, stderr } = Bun.spawnSync(["/usr/bin/time", "-f", "%M", ...command], {
    env: { KEYFOB_HOME: home },
    stdout: "ignore",
  });
  if (exitCode !== 0) throw new Error("/usr/bin/time failed: is it installed?");
  return Number(stderr.toString().trim().split("\n").at(-1)) * 1024;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
