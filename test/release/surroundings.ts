/**
 * Machines to install on: their tools, their user, their disk.
 *
 * @module
 */
import { chown, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./releases.ts";

/** Number of a user who owns nothing (nobody). */
const NOBODY = 65_534;

/** What the installer calls besides a downloader and openssl. */
const BASIC_TOOLS =
  "awk cat chmod cp dd getconf grep gzip head id ls mkdir mktemp mv rm sed sha256sum tail tar tr uname wc".split(
    " ",
  );

/** What an installation is run with. */
export interface InstallOptions {
  /** The shell, as words. */
  readonly shell?: readonly string[];
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Run by a user without rights, where the test is run by root. */
  readonly asNobody?: boolean;
  /** The script comes from standard input, and this much of it. */
  readonly piped?: string;
  /** Words before the shell: a program that changes the surroundings. */
  readonly through?: readonly string[];
  readonly script?: string;
}

/** How it ended. */
export interface Installed {
  readonly status: number;
  readonly said: string;
}

/** A fresh home with a folder of tools. */
export interface Machine extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** Where the program goes by default. */
  readonly program: string;
  readonly install: (options?: InstallOptions) => Promise<Installed>;
}

/** Makes a machine that has the basic tools and `tools` besides, and nothing else in PATH. */
export async function createMachine(tools: readonly string[] = ["curl", "openssl"]): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-machine-"));
  const [home, path] = [join(folder, "home"), join(folder, "tools")];
  await Promise.all([home, path].map((made) => mkdir(made)));
  await Bun.$`chmod 755 ${folder}`.quiet();
  for (const tool of [...BASIC_TOOLS, ...tools]) await provide(tool, path);
  await Bun.write(join(folder, "install.sh"), Bun.file(join(ROOT, "src/install.sh")));
  return {
    folder,
    home,
    program: join(home, ".local/bin/keyfob"),
    install: async (options = {}) => await install({ folder, home, path }, options),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `busybox NAME` becomes the applet; another name is the real tool. */
async function provide(tool: string, path: string): Promise<void> {
  const [name = tool, applet] = tool.split(" ");
  const found = Bun.which(name);
  if (found === null) throw new Error(`"${name}" is not installed here`);
  await symlink(found, join(path, applet ?? name));
}

/** A machine whose every tool is busybox's, as on Alpine. */
export async function createBusyboxMachine(): Promise<Machine> {
  const machine = await createMachine([]);
  const path = join(machine.folder, "tools");
  await rm(path, { recursive: true });
  await mkdir(path);
  for (const applet of [...BASIC_TOOLS, "wget"]) {
    // busybox has no getconf, and Alpine's comes from musl.
    if (applet !== "getconf") await provide(`busybox ${applet}`, path);
  }
  return machine;
}

async function install(
  { folder, home, path }: { folder: string; home: string; path: string },
  options: InstallOptions,
): Promise<Installed> {
  const isRoot = process.getuid?.() === 0;
  const asNobody = options.asNobody === true && isRoot;
  if (asNobody) await chown(home, NOBODY, NOBODY);
  const user = asNobody
    ? [Bun.which("setpriv") ?? "setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"]
    : [];
  const shell = (options.shell ?? ["dash"]).map((word, index) =>
    index === 0 ? (Bun.which(word) ?? word) : word,
  );
  const script = options.piped === undefined ? [options.script ?? join(folder, "install.sh")] : ["-s", "--"];
  const child = Bun.spawn(
    [...(options.through ?? []), ...user, ...shell, ...script, ...(options.args ?? [])],
    {
      cwd: folder,
      env: { PATH: path, TOOLS: path, HOME: home, SHELL: "/bin/bash", ...options.environment },
      stdin: new Blob([options.piped ?? ""]),
      stdout: "pipe",
      stderr: "pipe",
      timeout: 40_000,
      killSignal: "SIGKILL",
    },
  );
  const [out, said, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { status, said: out + said };
}
