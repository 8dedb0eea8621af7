/**
 * How quick the built binary is, as ratios to a hello-world binary built the same way: `bun run bench`.
 *
 * Needs hyperfine. Ratios are of medians within one run, since machines differ and are busy.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePaths } from "../src/paths.ts";
import { openVault } from "../src/vault/vault.ts";

const ROOT = join(import.meta.dir, "..");
const KEYFOB = join(ROOT, "dist", "keyfob");
/** Accounts in the large vault, which `token` must not notice. */
const MANY = 100_000;
/** Accounts that `status` shows. */
const SHOWN = 1000;
/** Turns of the measuring, of ten runs each. */
const TURNS = 15;
/** Processes at once. */
const CROWD = 200;

const folder = mkdtempSync(join(tmpdir(), "keyfob-bench-"));
try {
  await bench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const hello = await buildHello();
  const [one, many, shown] = [join(folder, "one"), join(folder, "many"), join(folder, "shown")];
  await seed(one, 1);
  await seed(many, 1);
  multiply(join(many, "vault.db"));
  await seed(shown, SHOWN);
  const token = (home: string): string => `env KEYFOB_HOME=${home} ${KEYFOB} token google`;
  const medians = await measure([
    `env KEYFOB_HOME=${one} ${hello}`,
    token(one),
    token(many),
    `env KEYFOB_HOME=${shown} ${KEYFOB} status`,
  ]);
  const [base = 1, single = 0, large = 0, status = 0] = medians;
  const [helloCrowd, tokenCrowd] = [await crowd([hello], one), await crowd([KEYFOB, "token", "google"], one)];
  const [helloPeak, tokenPeak] = [peak([hello], one), peak([KEYFOB, "token", "google"], one)];
  const rows: [what: string, value: string, ratio: number][] = [
    ["hello world, built the same way", milliseconds(base), 1],
    ["token, warm, 1 account", milliseconds(single), single / base],
    [`token, warm, ${MANY} accounts`, milliseconds(large), large / base],
    [`status, ${SHOWN} accounts`, milliseconds(status), status / base],
    [`${CROWD} hello worlds at once`, milliseconds(helloCrowd), 1],
    [`${CROWD} warm tokens at once`, milliseconds(tokenCrowd), tokenCrowd / helloCrowd],
    ["peak memory of hello world", mebibytes(helloPeak), 1],
    ["peak memory of a warm token", mebibytes(tokenPeak), tokenPeak / helloPeak],
  ];
  console.log(
    `Measured on ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${process.platform}, Bun ${Bun.version}\n`,
  );
  console.log("| what | median | times hello world |\n|---|---|---|");
  for (const [what, value, ratio] of rows) console.log(`| ${what} | ${value} | ${ratio.toFixed(2)} |`);
}

async function buildHello(): Promise<string> {
  const source = join(folder, "hello.ts");
  await Bun.write(source, 'await Bun.write(Bun.stdout, "hello\\n");\nprocess.exit(0);\nexport {};\n');
  const { scripts } = (await Bun.file(join(ROOT, "package.json")).json()) as { scripts: { compile: string } };
  const flags = scripts.compile.split(" ").filter((word) => word.startsWith("--") && word !== "--outfile");
  const output = join(folder, "hello");
  const { exitCode, stderr } = Bun.spawnSync([
    process.execPath,
    "build",
    source,
    ...flags,
    "--outfile",
    output,
  ]);
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

/** Median seconds of each command. Measured in many short turns, so that a busy moment of the machine hits all alike. */
async function measure(commands: readonly string[]): Promise<number[]> {
  const times = commands.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const results = await runHyperfine(commands);
    for (const [index, found] of results.entries()) times[index]?.push(...found);
  }
  return times.map(
    (found) => found.toSorted((left, right) => left - right)[Math.floor(found.length / 2)] ?? 0,
  );
}

/** Seconds of ten runs of each command. */
async function runHyperfine(commands: readonly string[]): Promise<number[][]> {
  const result = join(folder, "result.json");
  const flags = ["-N", "--warmup", "2", "--runs", "10", "--export-json", result];
  const run = Bun.spawn(["hyperfine", ...flags, ...commands], { stdout: "ignore", stderr: "ignore" });
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

/** Bytes of memory at the most. */
function peak(command: readonly string[], home: string): number {
  const child = Bun.spawnSync([...command], { env: { KEYFOB_HOME: home }, stdout: "ignore" });
  return child.resourceUsage.maxRSS;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
