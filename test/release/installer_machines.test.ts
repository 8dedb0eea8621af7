/**
 * The installer on every kind of machine: folders, users, processors, disks, busybox.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, chown, copyFile, exists, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Installations,
  machineWithProgram,
  prepareInstallations,
  SECONDS_TO_PREPARE,
  versionOf,
} from "./installations.ts";
import type { MadeRelease } from "./releases.ts";
import { startConnectProxy } from "../servers/connect_proxy.ts";
import { AUTHORITY_FILE, PRIVATE_NAME, PRIVATE_TLS } from "../servers/private_authority.ts";
import { startReleaseServer } from "./release_server.ts";
import { createBusyboxMachine, createMachine, type InstallOptions, type Machine } from "./surroundings.ts";

let shared: Installations;
let release: MadeRelease;
let installer: string;

beforeAll(async () => {
  shared = await prepareInstallations();
  ({ release, installer } = shared);
}, SECONDS_TO_PREPARE * 1000);
beforeEach(() => shared.reset());
afterAll(() => shared[Symbol.asyncDispose]());

/** Runs the shell in a mount namespace of its own, after `before` and followed by `after`. */
function inNamespace(before: string, after = ":"): Pick<InstallOptions, "through"> {
  const script = `PATH=${Bun.env["PATH"]}; ${before} || exit 99; env PATH="$TOOLS" "$@"; status=$?; ${after}; exit $status`;
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  return {
    through: [
      Bun.which("unshare") ?? "unshare",
      ...user,
      "--mount",
      "--",
      Bun.which("sh") ?? "sh",
      "-c",
      script,
      "sh",
    ],
  };
}

describe("places:", () => {
  test("--dir installs there, relative to the folder it is run in", async () => {
    await using machine = await createMachine();
    const { said } = await machine.install({ piped: installer, args: ["--dir", "some where/bin"] });
    expect(said).toContain(`in ${machine.folder}/some where/bin`);
    expect(await versionOf(join(machine.folder, "some where/bin/keyfob"))).toBe("1.4.0");
  });

  test("a user without rights installs into a fresh home", async () => {
    await using machine = await createMachine();
    const { status, said } = await machine.install({ piped: installer, asNobody: true });
    expect(said).toContain("Installed keyfob 1.4.0");
    expect(status).toBe(0);
  });

  test("a folder that cannot be written to is named, and nothing is changed", async () => {
    await using machine = await createMachine();
    await mkdir(join(machine.folder, "closed"), { mode: 0o555 });
    const args = ["--dir", join(machine.folder, "closed")];
    const { status, said } = await machine.install({ piped: installer, args, asNobody: true });
    expect(said).toContain(`the folder "${machine.folder}/closed" cannot be written to`);
    expect(status).toBe(1);
  });

  test("sudo does not install into the person's own home, where root's files would be in the way", async () => {
    await using machine = await createMachine();
    // Without rights to give the home away, a namespace where we look like root does it: there "/" is nobody's.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(machine.home, 65_534, 65_534);
    const environment = { SUDO_USER: "somebody", ...(isRoot ? {} : { HOME: "/" }) };
    const { status, said } = await machine.install({
      piped: installer,
      environment,
      ...(isRoot ? {} : inNamespace("true")),
    });
    expect(said).toContain("you are root, and");
    expect(status).toBe(1);
    expect(await readdir(machine.home)).toEqual([]);
  });

  test("no HOME: a folder has to be named", async () => {
    await using machine = await createMachine();
    const { status, said } = await machine.install({ piped: installer, environment: { HOME: "" } });
    expect(said).toContain("HOME is not set");
    expect(status).toBe(1);
  });

  test.each([
    ["flags : fpu sse4_2 avx avx2 bmi1", "linux-x64"],
    ["flags : fpu sse4_2 avx bmi1", "linux-x64-baseline"],
  ])("a processor with %p gets %s", async (flags, platform) => {
    await using machine = await createMachine();
    const cpuinfo = join(machine.folder, "cpuinfo");
    await Bun.write(cpuinfo, `processor : 0\n${flags}\n`);
    const { said } = await machine.install({
      piped: installer,
      ...inNamespace(`mount --bind ${cpuinfo} /proc/cpuinfo`),
    });
    expect(said).toContain(`Fetching keyfob 1.4.0 for ${platform}\n`);
    expect(await versionOf(machine.program)).toBe("1.4.0");
  });

  test("the line for PATH is the one of the person's shell", async () => {
    await using machine = await createMachine();
    const lines = { "/usr/bin/zsh": "~/.zshrc", "/usr/bin/fish": "fish_add_path", "/bin/sh": "~/.profile" };
    for (const [SHELL, line] of Object.entries(lines)) {
      expect((await machine.install({ piped: installer, environment: { SHELL } })).said).toContain(line);
    }
    const PATH = `${dirname(machine.program)}:${join(machine.folder, "tools")}`;
    expect((await machine.install({ piped: installer, environment: { PATH } })).said).not.toContain("PATH");
  });

  test("a folder with a slash at its end is the same folder: in PATH, and with a page", async () => {
    await using machine = await createMachine();
    const bin = join(machine.home, "bin");
    for (const [dir, entry] of [
      [`${bin}//`, bin],
      [bin, `${bin}/`],
    ] as const) {
      const PATH = `${entry}:${join(machine.folder, "tools")}`;
      const { said } = await machine.install({
        piped: installer,
        args: ["--dir", dir],
        environment: { PATH },
      });
      expect(said).toContain(`in ${bin} (`);
      expect(said).not.toContain("PATH");
      expect(said).not.toContain("Another");
      expect(await readdir(join(machine.home, "share/man/man1"))).toEqual(["keyfob.1"]);
    }
  });

  test.each([
    ["dash", ".profile", '. "$HOME/.profile"; keyfob --version'],
    ["bash", ".bashrc", '. "$HOME/.bashrc"; keyfob --version'],
    ["zsh", ".zshrc", '. "$HOME/.zshrc"; keyfob --version'],
    ["fish", "", "keyfob --version"],
  ])("what it says to do works in %s, whatever the folder is called", async (shell, file, script) => {
    for (const name of ["plain", "two words", "it's", "$(touch ran)`touch ran`", '"\\\\n\\', "a*b;#!"]) {
      await using machine = await createMachine();
      const environment = { SHELL: `/usr/bin/${shell}` };
      const args = ["--dir", join(machine.home, name)];
      const { said } = await machine.install({ piped: installer, args, environment });
      const [, line = "none"] = /Add it with:\n {2}(.*)\n/.exec(said) ?? [];
      const options = { cwd: machine.home, env: { PATH: "/usr/bin:/bin", HOME: machine.home } };
      const program = Bun.which(shell) ?? shell;
      const added = Bun.spawnSync([program, "-c", line], options);
      expect(added.stderr.toString()).toBe("");
      const found = Bun.spawnSync([program, "-c", script], options);
      expect({ name, said: found.stdout.toString(), trouble: found.stderr.toString() }).toEqual({
        name,
        said: "1.4.0\n",
        trouble: "",
      });
      expect(await readdir(machine.home)).not.toContain("ran");
      if (file !== "") expect(await readdir(machine.home)).toContain(file);
    }
  });

  test("a folder with a colon, which PATH cannot hold, is called by its path", async () => {
    await using machine = await createMachine();
    const { said } = await machine.install({ piped: installer, args: ["--dir", join(machine.home, "a:b")] });
    expect(said).toContain(`Log in with: '${machine.home}/a:b/keyfob' login`);
  });

  test("a full disk is said, the installed version stays, nothing is left behind", async () => {
    await using machine = await machineWithProgram();
    const disk = dirname(machine.program);
    // A disk of its own with room for the old program alone.
    const kept = join(machine.folder, "kept");
    await copyFile(machine.program, kept);
    const prepare = `mount -t tmpfs -o size=24k tmpfs ${disk} && cp ${kept} ${disk}/keyfob &&
      dd if=/dev/zero of=${disk}/ballast bs=4k count=4 2>/dev/null`;
    const { status, said } = await machine.install({
      piped: installer,
      ...inNamespace(prepare, `ls -A ${disk} >&2`),
    });
    expect(said).toContain("the disk is full");
    expect(said).toEndWith("ballast\nkeyfob\n");
    expect(status).toBe(1);
  });
});

describe("GNU wget over https:", () => {
  /** A machine whose wget trusts a server that has the releases, and the way to install there. */
  async function secure(redirect: string) {
    const server = await startReleaseServer(PRIVATE_TLS);
    const mirror = await startReleaseServer(PRIVATE_TLS);
    const places = { [`${PRIVATE_NAME}:443`]: server.port, [`${PRIVATE_NAME}:444`]: mirror.port };
    const proxy = await startConnectProxy(places);
    for (const made of [server, mirror]) {
      for (const [version, folder] of shared.server.releases) made.releases.set(version, folder);
      made.latest = "1.4.0";
    }
    server.fault = { files: /manifest$/, does: { redirect } };
    const machine = await createMachine(["wget"]);
    await Bun.write(join(machine.home, ".wgetrc"), `ca_certificate = ${AUTHORITY_FILE}\n`);
    const environment = {
      https_proxy: proxy.origin,
      KEYFOB_INSTALL_URL: `https://${PRIVATE_NAME}/releases`,
    };
    const installed = await machine.install({ piped: installer, environment });
    const isThere = (await readdir(machine.home)).includes(".local") && (await exists(machine.program));
    for (const made of [machine, proxy, server, mirror]) await made[Symbol.asyncDispose]();
    return { ...installed, isThere };
  }

  test("a redirect to plain http is refused", async () => {
    const { status, said, isThere } = await secure(`${shared.server.url}/latest/download/keyfob.manifest`);
    expect(said).toContain("redirected to an address that is not https");
    expect({ status, isThere }).toEqual({ status: 1, isThere: false });
  });

  test("a redirect to https is followed", async () => {
    const { status, said, isThere } = await secure(
      `https://${PRIVATE_NAME}:444/releases/latest/download/keyfob.manifest`,
    );
    expect(said).toContain("Installed keyfob 1.4.0");
    expect({ status, isThere }).toEqual({ status: 0, isThere: true });
  });
});

describe("on Alpine-like busybox surroundings:", () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await createBusyboxMachine();
  });

  test("installs with nothing but busybox", async () => {
    const { status, said } = await machine.install({ shell: ["busybox", "ash"], piped: installer });
    expect(said).toContain("signature not checked");
    expect(status).toBe(0);
    expect(await versionOf(machine.program)).toBe("1.4.0");
    await machine[Symbol.asyncDispose]();
  });

  test("busybox's wget over https is refused where the signature cannot be checked", async () => {
    const environment = { KEYFOB_INSTALL_URL: "https://localhost:9/releases" };
    // busybox's own cannot be made to speak https here; this one copies what a server would send.
    const wget = join(machine.folder, "tools/wget");
    await rm(wget);
    const copies = `while [ $1 != -O ]; do shift; done; cp ${release.folder}/keyfob.manifest "$2"`;
    await Bun.write(wget, `#!/bin/sh\n[ "$1" != --help ] || exec busybox wget --help\n${copies}\n`);
    await chmod(wget, 0o755);
    await symlink(Bun.which("busybox") ?? "", join(machine.folder, "tools/busybox"));
    const { status, said } = await machine.install({ piped: installer, environment });
    expect(said).toContain("busybox's wget does not check certificates");
    expect(status).toBe(1);
    await machine[Symbol.asyncDispose]();
  });
});
