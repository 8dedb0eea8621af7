/**
 * The installer, run for real: every shell and downloader, and every way a download goes wrong.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, exists, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { output } from "../../src/release/tool.ts";
import {
  type Installations,
  machineWithProgram,
  prepareInstallations,
  SECONDS_TO_PREPARE,
  versionOf,
} from "./installations.ts";
import type { ReleaseServer } from "./release_server.ts";
import { type MadeRelease, ROOT } from "./releases.ts";
import { createMachine } from "./surroundings.ts";

const SHELLS = [["dash"], ["bash"], ["bash", "--posix"], ["busybox", "ash"]];

let shared: Installations;
let server: ReleaseServer;
let release: MadeRelease;
let installer: string;

beforeAll(async () => {
  shared = await prepareInstallations();
  ({ server, release, installer } = shared);
}, SECONDS_TO_PREPARE * 1000);
beforeEach(() => shared.reset());
afterAll(() => shared[Symbol.asyncDispose]());

test("shellcheck finds nothing", async () => {
  const scripts = ["src/install.sh", "src/commands/completions/bash.sh"];
  const flags = ["--shell=sh", "--shell=bash"];
  for (const [index, script] of scripts.entries()) {
    expect(await output(["shellcheck", flags[index] ?? "", script], { folder: ROOT })).toBe("");
  }
});

describe.each(SHELLS.map((shell) => [shell.join(" "), shell] as const))("under %s", (_name, shell) => {
  test("installs from a pipe, with checksum and signature checked", async () => {
    await using machine = await createMachine();
    const { status, said } = await machine.install({ shell, piped: installer });
    expect(said).toContain(
      `Installed keyfob 1.4.0 in ${dirname(machine.program)} (checksum good, signature good)`,
    );
    expect(said).toContain(`echo 'export PATH="${dirname(machine.program)}:$PATH"' >> ~/.bashrc`);
    expect(status).toBe(0);
    expect(await versionOf(machine.program)).toBe("1.4.0");
    expect((await stat(machine.program)).mode & 0o777).toBe(0o755);
    expect(await readdir(dirname(machine.program))).toEqual(["keyfob"]);
    expect(await exists(join(machine.home, ".local/share/man/man1/keyfob.1"))).toBe(true);
  });

  test("a script that is cut off does nothing, wherever the cut is", async () => {
    await using machine = await createMachine();
    for (let part = 1; part < 20; part++) {
      await machine.install({ shell, piped: installer.slice(0, (installer.length * part) / 20) });
    }
    await machine.install({ shell, piped: installer.trimEnd().slice(0, -'main "$@"'.length) });
    expect(await readdir(machine.home)).toEqual([]);
    expect(server.asked).toEqual([]);
  });

  test("a wrong checksum leaves the installed version alone", async () => {
    await using machine = await machineWithProgram();
    server.fault = {
      files: /tar\.gz$/,
      does: (bytes) => bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    };
    const { status, said } = await machine.install({ shell, piped: installer });
    expect(said).toContain("its checksum differs");
    expect(status).toBe(1);
    expect(await machine.isUntouched()).toBe(true);
  });
});

describe.each([["curl"], ["wget"], ["busybox wget"]])("with %s", (downloader) => {
  test("installs, and says that nothing could check the signature where openssl is not there", async () => {
    await using machine = await createMachine([downloader]);
    const { status, said } = await machine.install({ piped: installer });
    expect(said).toContain("(checksum good, signature not checked: that takes openssl 3 or ssh-keygen 8.2)");
    expect(status).toBe(0);
    expect(await versionOf(machine.program)).toBe("1.4.0");
  });

  test.each([
    ["is cut", "cut"],
    ["is missing", "missing"],
  ] as const)("a download that %s leaves the installed version alone", async (_what, does) => {
    await using machine = await machineWithProgram([downloader, "openssl"]);
    server.fault = { files: /tar\.gz$/, does };
    const { status, said } = await machine.install({ piped: installer });
    expect(said).toMatch(/could not be downloaded|its checksum differs/);
    expect(said).toContain("nothing was changed");
    expect(status).toBe(1);
    expect(await machine.isUntouched()).toBe(true);
  });

  test("goes through a proxy that is set", async () => {
    await using machine = await createMachine([downloader, "openssl"]);
    const environment = {
      http_proxy: new URL(server.url).origin,
      KEYFOB_INSTALL_URL: "http://localhost:9/releases",
    };
    const { status, said } = await machine.install({ piped: installer, environment });
    expect(said).toContain("Installed keyfob 1.4.0");
    expect(status).toBe(0);
    expect(server.asked[0]).toBe("http://localhost:9/releases/latest/download/keyfob.manifest");
  });
});

describe("a release that is not to be trusted leaves the installed version alone:", () => {
  async function refused(prepare: () => void, tools?: readonly string[]): Promise<string> {
    await using machine = await machineWithProgram(tools);
    prepare();
    const { status, said } = await machine.install({ piped: installer });
    expect(status).toBe(1);
    expect(await machine.isUntouched()).toBe(true);
    return said;
  }

  test.each([["openssl"], ["ssh-keygen"]])("signed with another key, as %s sees", async (checker) => {
    const said = await refused(() => (server.latest = "1.11.0"), ["curl", checker]);
    expect(said).toContain("the release's signature is wrong");
  });

  test("a manifest changed after it was signed", async () => {
    const does = (bytes: Uint8Array): Uint8Array =>
      new TextEncoder().encode(new TextDecoder().decode(bytes).replace("version 1.4.0", "version 9.4.0"));
    expect(await refused(() => (server.fault = { files: /manifest$/, does }))).toContain(
      "signature is wrong",
    );
  });

  test("a manifest changed after it was signed, as ssh-keygen sees", async () => {
    const does = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte));
    const said = await refused(() => (server.fault = { files: /manifest$/, does }), ["curl", "ssh-keygen"]);
    expect(said).toContain("signature is wrong");
  });

  test("no signature", async () => {
    expect(await refused(() => (server.fault = { files: /\.sig$/, does: "missing" }))).toContain(
      "keyfob.manifest.sig",
    );
  });

  test("a manifest that is something else, where no signature can be checked", async () => {
    const does = (): Uint8Array => new TextEncoder().encode("<html>Sign in to this network</html>\n");
    const said = await refused(() => (server.fault = { files: /manifest$/, does }), ["curl"]);
    expect(said).toContain("the release manifest is");
  });

  test("a program that does not start here, as on a system that is too old", async () => {
    const said = await refused(() => (server.latest = "1.12.0"));
    expect(said).toContain("the program does not start here: GLIBC_2.99 not found");
    expect(said).toContain("hint: keyfob needs Linux 5.1 with glibc 2.17");
  });

  test("an archive without a program", async () => {
    expect(
      await refused(() => (server.fault = { files: /tar\.gz$/, does: () => new Uint8Array() })),
    ).toContain("its checksum differs");
  });
});

describe("versions:", () => {
  test("an older release that is served as the newest is refused, and taken with --version", async () => {
    await using machine = await createMachine();
    server.latest = "1.10.0";
    expect((await machine.install({ piped: installer })).status).toBe(0);
    server.latest = "1.4.0";
    const { status, said } = await machine.install({ piped: installer });
    expect(said).toContain("keyfob 1.10.0 is there and newer than 1.4.0");
    expect(status).toBe(1);
    expect(await versionOf(machine.program)).toBe("1.10.0");
    expect((await machine.install({ piped: installer, args: ["--version", "v1.4.0"] })).status).toBe(0);
    expect(await versionOf(machine.program)).toBe("1.4.0");
  });

  test("--version that answers with another version is refused", async () => {
    await using machine = await machineWithProgram();
    server.releases.set("1.5.0", release.folder);
    const { said } = await machine.install({ piped: installer, args: ["--version=1.5.0"] });
    expect(said).toContain("version 1.5.0 was asked for, and the release is 1.4.0");
    expect(await machine.isUntouched()).toBe(true);
  });
});

test("ssh-keygen checks the signature where openssl cannot, as on macOS", async () => {
  await using machine = await createMachine(["curl", "ssh-keygen"]);
  const { status, said } = await machine.install({ piped: installer });
  expect(said).toContain("(checksum good, signature good)");
  expect(status).toBe(0);
});

describe("without network:", () => {
  test("--from installs from a folder, checks the same, and asks nobody", async () => {
    await using machine = await createMachine(["openssl"]);
    const args = ["--from", release.folder];
    const { status, said } = await machine.install({ piped: installer, args });
    expect(said).toContain("Installed keyfob 1.4.0");
    expect(said).toContain("signature good");
    expect(status).toBe(0);
    expect(server.asked).toEqual([]);
  });

  test("--from a folder signed with another key is refused", async () => {
    await using machine = await machineWithProgram(["openssl"]);
    const { said } = await machine.install({ piped: installer, args: ["--from", shared.forged.folder] });
    expect(said).toContain("signature is wrong");
    expect(await machine.isUntouched()).toBe(true);
  });

  test("neither curl nor wget: says so", async () => {
    await using machine = await createMachine([]);
    expect((await machine.install({ piped: installer })).said).toContain("there is neither curl nor wget");
  });
});

describe("the rest:", () => {
  test("--quiet says nothing unless it fails", async () => {
    await using machine = await createMachine();
    expect(await machine.install({ piped: installer, args: ["--quiet"] })).toEqual({ status: 0, said: "" });
    const failed = await machine.install({ piped: installer, args: ["--quiet", "--version", "7.7.7"] });
    expect(failed.status).toBe(1);
    expect(failed.said).toContain("could not be downloaded");
  });

  test.each([[["--dir="]], [["--dir", ""]], [["--version="]], [["--from="]]])(
    "an empty value is refused (%p), and nothing is installed",
    async (args) => {
      await using machine = await createMachine();
      const { status, said } = await machine.install({ piped: installer, args });
      expect(said).toContain(`the value of ${args[0]?.replace("=", "")} is empty`);
      expect(status).toBe(2);
      expect(await readdir(machine.home)).toEqual([]);
    },
  );

  test("--uninstall names the folders of macOS there, and KEYFOB_HOME where it is set", async () => {
    await using machine = await createMachine();
    await machine.install({ piped: installer });
    const uname = join(machine.folder, "tools/uname");
    await rm(uname);
    await Bun.write(uname, "#!/bin/sh\necho Darwin\n");
    await chmod(uname, 0o755);
    const args = ["--uninstall"];
    const { said } = await machine.install({ piped: installer, args });
    expect(said).toEndWith("Accounts and settings stay in ~/Library/Application Support/keyfob\n");
    await Bun.write(machine.program, "");
    const environment = { KEYFOB_HOME: "/srv/keyfob" };
    const moved = await machine.install({ piped: installer, args, environment });
    expect(moved.said).toEndWith("Accounts and settings stay in /srv/keyfob\n");
  });

  test("--uninstall removes the program and its page, and says where accounts stay", async () => {
    await using machine = await createMachine();
    await machine.install({ piped: installer });
    const { status, said } = await machine.install({ piped: installer, args: ["--uninstall"] });
    expect(said).toContain("Accounts and settings stay");
    expect(status).toBe(0);
    expect(await readdir(dirname(machine.program))).toEqual([]);
    expect(await exists(join(machine.home, ".local/share/man/man1/keyfob.1"))).toBe(false);
    expect((await machine.install({ piped: installer, args: ["--uninstall"] })).status).toBe(1);
  });

  test("an unknown option and a missing value are refused with 2, and --help explains every option", async () => {
    await using machine = await createMachine();
    expect(await machine.install({ piped: installer, args: ["--prefix"] })).toEqual({
      status: 2,
      said: expect.stringContaining('no option "--prefix"'),
    });
    expect(await machine.install({ piped: installer, args: ["--dir"] })).toEqual({
      status: 2,
      said: expect.stringContaining("--dir needs a value"),
    });
    const { said } = await machine.install({ piped: installer, args: ["--help"] });
    for (const option of ["--dir", "--version", "--from", "--quiet", "--uninstall"])
      expect(said).toContain(option);
  });

  test("the installer in the sources has no address, and says so", async () => {
    await using machine = await createMachine();
    expect((await machine.install()).said).toContain("does not know where releases are");
  });

  test("an address that is not https is refused", async () => {
    await using machine = await createMachine();
    const environment = { KEYFOB_INSTALL_URL: "http://127.0.0.1.releases.example/x" };
    expect((await machine.install({ piped: installer, environment })).said).toContain("is not https");
  });
});
