/**
 * A real PostgreSQL on loopback, in a folder of its own. Needs Debian's package postgresql.
 *
 * @module
 */
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** For `KEYFOB_STORE`: a database of its own, new and empty. */
  freshDatabase(): Promise<string>;
  /** Stops at once, as a crash does, and starts again. */
  restart(): Promise<void>;
}

export interface PostgresOptions {
  /** PEM files of a certificate for this server; then only encrypted connections are taken. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** The user that PostgreSQL runs as where the tests run as root, which it refuses: nobody. */
const NOBODY = 65_534;

/** Starts one on a free port. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "keyfob-postgres-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, "data");
  await runProgram(isRoot, ["initdb", "-D", data, "-U", "keyfob", "-A", "trust", "--no-sync", "-E", "UTF8"]);
  const settings = options.tls === undefined ? [] : installTls(folder, isRoot, options.tls);
  const port = freePort();
  let server = await startServer();
  let databases = 0;
  return {
    port,
    freshDatabase: async () => {
      databases += 1;
      await statement(`CREATE DATABASE d${databases}`);
      return `postgres://keyfob@127.0.0.1:${port}/d${databases}`;
    },
    restart: async () => {
      await stopServer();
      server = await startServer();
    },
    [Symbol.asyncDispose]: async () => {
      await stopServer();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function startServer(): Promise<Bun.Subprocess> {
    const fast = [
      "fsync=off",
      "synchronous_commit=off",
      "max_connections=300",
      "unix_socket_permissions=0700",
    ];
    const flags = ["listen_addresses=127.0.0.1", ...fast, ...settings].flatMap((setting) => ["-c", setting]);
    const child = Bun.spawn(
      [...privileges(isRoot), await program("postgres"), "-D", data, "-p", `${port}`, "-k", folder, ...flags],
      { cwd: folder, stdout: "ignore", stderr: "ignore" },
    );
    for (const end = Date.now() + 20_000; Date.now() < end; await Bun.sleep(50)) {
      const ready = Bun.spawnSync([
        await program("pg_isready"),
        "-h",
        folder,
        "-p",
        `${port}`,
        "-U",
        "keyfob",
      ]);
      if (ready.exitCode === 0) return child;
    }
    throw new Error("PostgreSQL does not start");
  }

  async function stopServer(): Promise<void> {
    server.kill("SIGQUIT");
    await server.exited;
  }

  async function statement(text: string): Promise<void> {
    const psql = [
      await program("psql"),
      "-h",
      folder,
      "-p",
      `${port}`,
      "-U",
      "keyfob",
      "postgres",
      "-c",
      text,
    ];
    const { exitCode, stderr } = Bun.spawnSync(psql, { stderr: "pipe" });
    if (exitCode !== 0) throw new Error(stderr.toString());
  }
}

function installTls(folder: string, isRoot: boolean, tls: { certificate: string; key: string }): string[] {
  const [certificate, key] = [join(folder, "server.pem"), join(folder, "server.key")];
  copyFileSync(tls.certificate, certificate);
  copyFileSync(tls.key, key);
  chmodSync(key, 0o600);
  for (const path of isRoot ? [certificate, key] : []) chownSync(path, NOBODY, NOBODY);
  return ["ssl=on", `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`];
}

function privileges(isRoot: boolean): string[] {
  return isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
}

async function program(name: string): Promise<string> {
  const found = await Array.fromAsync(new Bun.Glob(`*/bin/${name}`).scan("/usr/lib/postgresql"));
  const newest = found.toSorted().at(-1);
  if (newest === undefined) throw new Error(`There is no ${name}: install Debian's package postgresql`);
  return join("/usr/lib/postgresql", newest);
}

async function runProgram(isRoot: boolean, [name = "", ...args]: readonly string[]): Promise<void> {
  const child = Bun.spawn([...privileges(isRoot), await program(name), ...args], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${name}: ${said}`);
}

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}
