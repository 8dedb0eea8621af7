/**
 * The built binary, built again where the sources are newer.
 *
 * @module
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const BINARY = join(ROOT, "dist", "keyfob");
const LOCK = join(ROOT, "dist", "lock");
/** Seconds after which a lock is left over from a run that was killed; a build takes about two. */
const STALE_LOCK_SECONDS = 60;

let ready: Promise<string> | undefined;

/** Path of a binary that is as new as the sources; `KEYFOB_BINARY` names another one to test. */
export function builtBinary(): Promise<string> {
  const chosen = Bun.env["KEYFOB_BINARY"];
  ready ??= chosen === undefined ? build() : Promise.resolve(chosen);
  return ready;
}

async function build(): Promise<string> {
  await mkdir(join(ROOT, "dist"), { recursive: true });
  await using _lock = await lock();
  if (await isStale()) {
    const compile = Bun.spawn([process.execPath, "run", "compile"], {
      cwd: ROOT,
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = await new Response(compile.stderr).text();
    if ((await compile.exited) !== 0) throw new Error(`Cannot build the binary:\n${said}`);
  }
  return BINARY;
}

async function lock(): Promise<AsyncDisposable> {
  for (;;) {
    try {
      await mkdir(LOCK);
      return { [Symbol.asyncDispose]: () => rm(LOCK, { recursive: true, force: true }) };
    } catch {
      if ((await age(LOCK)) > STALE_LOCK_SECONDS) await rm(LOCK, { recursive: true, force: true });
      await Bun.sleep(100);
    }
  }
}

/** Seconds since `path` changed; 0 where it is not there. */
async function age(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : (Date.now() - found.mtimeMs) / 1000;
}

async function isStale(): Promise<boolean> {
  const built = await stat(BINARY).catch(() => undefined);
  if (built === undefined) return true;
  const sources = await Array.fromAsync(new Bun.Glob("src/**/*").scan(ROOT));
  const changes = [...sources, "package.json", "bun.lock"].map((path) => stat(join(ROOT, path)));
  return (await Promise.all(changes)).some(({ mtimeMs }) => mtimeMs > built.mtimeMs);
}
