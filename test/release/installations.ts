/**
 * What the installer's tests share: small releases on a server, and machines that have keyfob already.
 *
 * @module
 */
import { chmod, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeKeyPair, readReleaseKey } from "../../src/release/release_key.ts";
import { output } from "../../src/release/tool.ts";
import { type ReleaseServer, startReleaseServer } from "./release_server.ts";
import { type MadeRelease, smallRelease } from "./releases.ts";
import { createMachine, type Machine } from "./surroundings.ts";

/** Seconds that making the releases may take on a busy machine. */
export const SECONDS_TO_PREPARE = 60;

/** The releases and who serves them. */
export interface Installations extends AsyncDisposable {
  readonly server: ReleaseServer;
  /** 1.4.0, the newest until a test says otherwise. */
  readonly release: MadeRelease;
  /** 1.11.0, signed with a key that nobody knows. */
  readonly forged: MadeRelease;
  /** The installer of 1.4.0: its key and address are filled in. */
  readonly installer: string;
  /** Makes the server well-behaved again. */
  readonly reset: () => void;
}

/** Makes 1.4.0, 1.10.0, the forged 1.11.0 and a 1.12.0 that does not start, and serves them. */
export async function prepareInstallations(): Promise<Installations> {
  const server = await startReleaseServer();
  const { url } = server;
  const stranger = readReleaseKey(makeKeyPair().privateKey, "");
  const [release, forged, ...others] = await Promise.all([
    smallRelease({ version: "1.4.0", url }),
    smallRelease({ version: "1.11.0", url, signer: stranger }),
    smallRelease({ version: "1.10.0", url }),
    smallRelease({ version: "1.12.0", url, program: "#!/bin/sh\necho GLIBC_2.99 not found >&2\nexit 1\n" }),
  ]);
  for (const made of [release, forged, ...others]) server.releases.set(made.version, made.folder);
  return {
    server,
    release,
    forged,
    installer: await Bun.file(join(release.folder, "install.sh")).text(),
    reset: () => {
      server.fault = undefined;
      server.latest = "1.4.0";
      server.asked.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      for (const made of [release, forged, ...others, server]) await made[Symbol.asyncDispose]();
    },
  };
}

/** A machine that has 0.9.0. */
export interface MachineWithProgram extends Machine {
  /** Whether it still has it, and nothing else beside it. */
  readonly isUntouched: () => Promise<boolean>;
}

/** See {@link MachineWithProgram}. */
export async function machineWithProgram(tools?: readonly string[]): Promise<MachineWithProgram> {
  const machine = await createMachine(tools);
  await mkdir(dirname(machine.program), { recursive: true });
  await Bun.write(machine.program, "#!/bin/sh\necho 0.9.0\n");
  await chmod(machine.program, 0o755);
  const isUntouched = async (): Promise<boolean> =>
    (await readdir(dirname(machine.program))).join() === "keyfob" &&
    (await versionOf(machine.program)) === "0.9.0";
  return { ...machine, isUntouched };
}

/** What the installed program says. */
export async function versionOf(program: string): Promise<string> {
  return (await output([program, "--version"], { folder: "/" })).trim();
}
