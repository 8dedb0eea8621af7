/**
 * A machine of its own for the built binary: empty home, own folders, nothing inherited.
 *
 * @module
 */
import type { Subprocess } from "bun";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtBinary } from "./build.ts";
import { Transcript } from "./transcript.ts";

/** Seconds after which a run is ended as hanging. */
const LONGEST_RUN_SECONDS = 30;

/** What a finished run left behind. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** How a run differs from a plain one. */
export interface RunOptions {
  /** The whole of standard input; nothing where absent. */
  readonly input?: string;
  /** Added to the sandbox's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A program that starts the binary: the binary and its arguments are appended. */
  readonly through?: readonly string[];
  /** Folder to start in, instead of the sandbox's own. */
  readonly folder?: string;
}

/** A run under way. */
export interface Running extends AsyncDisposable {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  readonly outcome: Promise<Outcome>;
  /** Writes to standard input, which stays open. */
  write(text: string): void;
  /** Ends standard input. */
  endInput(): void;
  signal(name: NodeJS.Signals): void;
}

/** The machine. */
export interface Sandbox extends AsyncDisposable {
  /** Holds everything below. */
  readonly folder: string;
  /** `KEYFOB_HOME`: registry, vault and key. */
  readonly home: string;
  /** Where the binary is started. */
  readonly workFolder: string;
  readonly environment: Record<string, string>;
  /** Writes the user registry. */
  writeRegistry(providers: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes a registry elsewhere and points `KEYFOB_REGISTRY` to it. */
  replaceRegistry(text: string): Promise<void>;
  /** Runs the binary to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Starts the binary with standard input open. */
  start(args: readonly string[], options?: Omit<RunOptions, "input">): Promise<Running>;
}

/** A fresh sandbox; `environment` is added to it. */
export async function createSandbox(environment: Readonly<Record<string, string>> = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-test-"));
  const [home, workFolder, userHome] = [join(folder, "keyfob"), join(folder, "work"), join(folder, "home")];
  await Promise.all([home, workFolder, userHome].map((path) => mkdir(path, { mode: 0o700 })));
  const sandbox: Sandbox = {
    folder,
    home,
    workFolder,
    environment: {
      PATH: "/usr/bin:/bin",
      HOME: userHome,
      KEYFOB_HOME: home,
      LANG: "C.UTF-8",
      ...environment,
    },
    writeRegistry: (providers) => writeRegistry(join(home, "providers.json"), providers),
    replaceRegistry: async (text) => {
      const path = join(folder, "registry.json");
      sandbox.environment["KEYFOB_REGISTRY"] = path;
      await writeFile(path, text, { mode: 0o600 });
    },
    run: async (args, options = {}) => await run(sandbox, args, options),
    start: async (args, options = {}) => await start(sandbox, args, options),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  return sandbox;
}

async function writeRegistry(path: string, providers: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFile(path, JSON.stringify({ providers }), { mode: 0o600 });
}

async function run(sandbox: Sandbox, args: readonly string[], options: RunOptions): Promise<Outcome> {
  await using running = await start(sandbox, args, options);
  if (options.input !== undefined) running.write(options.input);
  running.endInput();
  return await running.outcome;
}

async function start(sandbox: Sandbox, args: readonly string[], options: RunOptions): Promise<Running> {
  const child = Bun.spawn([...(options.through ?? []), await builtBinary(), ...args], {
    cwd: options.folder ?? sandbox.workFolder,
    env: { ...sandbox.environment, ...options.environment },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LONGEST_RUN_SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = [new Transcript(), new Transcript()];
  const read = Promise.all([stdout.follow(child.stdout), stderr.follow(child.stderr)]);
  const outcome = finish(child, read, { stdout, stderr });
  // A test may end the program without asking how it ended.
  outcome.catch(() => {});
  return {
    stdout,
    stderr,
    outcome,
    write: (text) => {
      void child.stdin.write(text);
      void child.stdin.flush();
    },
    endInput: () => void child.stdin.end(),
    signal: (name) => child.kill(name),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}

async function finish(
  child: Subprocess,
  read: Promise<unknown>,
  { stdout, stderr }: { stdout: Transcript; stderr: Transcript },
): Promise<Outcome> {
  await Promise.all([child.exited, read]);
  if (child.signalCode === "SIGKILL") throw new Error(`The program hung:\n${stdout.text}\n${stderr.text}`);
  return { stdout: stdout.text, stderr: stderr.text, status: child.exitCode ?? -1 };
}
