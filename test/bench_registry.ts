/**
 * Measures the registry in the built binary: `bun test/bench_registry.ts`. Run on a quiet machine; nothing is asserted.
 *
 * @module
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { builtBinary } from "./drivers/build.ts";
import { createSandbox, type Sandbox } from "./drivers/sandbox.ts";

const RUNS = Number(Bun.env["KEYFOB_ROUNDS"] ?? 21);
const ENTRIES = 10_000;
/** One entry of ten thousand, as a person would write it. */
const entry = (index: number): object => ({
  name: `Acme ${index}`,
  issuer: `https://id${index}.acme.example`,
  client_id: `client-${index}`,
  scopes: ["openid", "profile"],
});

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly registry: "empty" | "many" | "commented";
}

const CASES: readonly Case[] = [
  { what: "start and end (--version)", args: ["--version"], registry: "empty" },
  { what: "token (given by the environment)", args: ["token", "given"], registry: "many" },
  { what: "resolve a built-in entry", args: ["providers", "show", "google", "--json"], registry: "empty" },
  { what: `resolve one of ${ENTRIES}`, args: ["providers", "show", "acme-5000", "--json"], registry: "many" },
  {
    what: "the same with comments",
    args: ["providers", "show", "acme-5000", "--json"],
    registry: "commented",
  },
  { what: "list the built-in entries", args: ["providers", "list", "--json"], registry: "empty" },
  { what: `list ${ENTRIES}`, args: ["providers", "list", "--json"], registry: "many" },
  { what: `list ${ENTRIES} as a table`, args: ["providers", "list"], registry: "many" },
  { what: `search ${ENTRIES}`, args: ["providers", "list", "acme-77"], registry: "many" },
  { what: `check ${ENTRIES}`, args: ["providers", "check"], registry: "many" },
];

const providers = Object.fromEntries(
  Array.from({ length: ENTRIES }, (_, index) => [`acme-${index}`, entry(index)]),
);
const text = JSON.stringify({ providers }, null, 2);
const TEXTS = {
  empty: '{"providers":{}}',
  many: text,
  commented: text.replaceAll('"issuer"', '// where it is\n      "issuer"').replace(/\}\n/g, "},\n"),
};

interface Measured {
  /** Milliseconds on the clock, which a busy machine lengthens. */
  readonly wall: number;
  /** Milliseconds of processor time. */
  readonly processor: number;
}

async function measure(sandbox: Sandbox, args: readonly string[]): Promise<Measured> {
  const command = [await builtBinary(), ...args];
  const env = { ...sandbox.environment, KEYFOB_TOKEN_GIVEN: "given" };
  const [walls, processors]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const begun = performance.now();
    const { exitCode, stderr, resourceUsage } = Bun.spawnSync(command, {
      env,
      stdout: "ignore",
      stderr: "pipe",
    });
    walls.push(performance.now() - begun);
    processors.push(Number(resourceUsage.cpuTime.total) / 1000);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${exitCode}: ${String(stderr)}`);
  }
  return { wall: median(walls), processor: median(processors) };
}

function median(times: number[]): number {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

await using sandbox = await createSandbox();
const path = join(sandbox.home, "providers.json");
console.log(`| what | median of ${RUNS} runs of the whole program | processor time |\n|---|---|---|`);
for (const { what, args, registry } of CASES) {
  await Bun.write(path, TEXTS[registry]);
  await chmod(path, 0o600);
  const { wall, processor } = await measure(sandbox, args);
  console.log(`| ${what} | ${wall.toFixed(0)} ms | ${processor.toFixed(0)} ms |`);
}
