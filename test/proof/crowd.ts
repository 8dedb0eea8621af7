/**
 * Many processes that ask for one token at once.
 *
 * @module
 */
import { join } from "node:path";
import { logIn, publicEntry } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { type OidcServer, startOidcServer } from "../servers/oidc.ts";

const WORKER = join(import.meta.dir, "worker.ts");

/** How often the proofs with chance in them are repeated. */
export const ROUNDS = Number(process.env["KEYFOB_ROUNDS"] ?? 3);

/** A provider that rotates and revokes the family at a reuse, and a machine whose only token has expired. */
export interface Scene extends AsyncDisposable {
  readonly server: OidcServer;
  readonly sandbox: Sandbox;
  /** Token requests that have arrived, answered or not. */
  arrived(): number;
}

/** `delay`: milliseconds that the provider takes for each token request; `environment` is added to the machine's. */
export async function expiredScene(
  delay: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  const server = await startOidcServer({ accessTokenSeconds: 1 });
  const sandbox = await createSandbox(environment);
  await sandbox.writeRegistry({ local: publicEntry(server) });
  const { status, stderr } = await logIn(sandbox, ["local"]);
  if (status !== 0) throw new Error(`The login failed: ${stderr}`);
  server.accessTokenSeconds = 3600;
  await Bun.sleep(1050);
  let arrivals = 0;
  // The server asks for its delay as each token request arrives.
  Object.defineProperty(server, "tokenDelayMilliseconds", {
    get: () => {
      arrivals += 1;
      return delay;
    },
  });
  return {
    server,
    sandbox,
    arrived: () => arrivals,
    [Symbol.asyncDispose]: async () => {
      await sandbox[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** How a worker differs from a plain one. */
export interface WorkerOptions {
  /** Milliseconds. */
  readonly lease?: number;
  /** Milliseconds that its clock is ahead. */
  readonly skew?: number;
  readonly task?: "stop";
}

export interface Worker {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
}

/** Starts one process of the sources. */
export function startWorker({ sandbox }: Scene, options: WorkerOptions = {}): Worker {
  const { lease = 45_000, skew = 0, task = "" } = options;
  const child = Bun.spawn([process.execPath, WORKER, sandbox.home, String(lease), String(skew), task], {
    env: sandbox.environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const outcome = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]).then(([stdout, stderr, status]) => ({ stdout, stderr, status }));
  return { pid: child.pid, outcome };
}

/** Waits until `check` holds; fails after twenty seconds. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await check()) return;
    await Bun.sleep(5);
  }
  throw new Error("what was waited for did not happen");
}

/** The one token that all printed, proven to work. */
export async function commonToken({ server }: Scene, outcomes: readonly Outcome[]): Promise<string> {
  const bad = outcomes.find(({ status }) => status !== 0);
  if (bad !== undefined) throw new Error(`One ended with ${bad.status}: ${bad.stderr}`);
  const tokens = new Set(outcomes.map(({ stdout }) => stdout.trim()));
  const [token = "", ...others] = tokens;
  if (others.length > 0) throw new Error(`There are ${tokens.size} tokens`);
  const { status } = await server.userinfo(token);
  if (status !== 200) throw new Error(`The token does not work: ${status}`);
  return token;
}
