/**
 * A real sshd on loopback that lets root in with a key made for the test.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SSHD = "/usr/sbin/sshd";

/** A running sshd. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** Arguments of `ssh` that the key and the fresh host key need. */
  readonly options: readonly string[];
}

/** Starts sshd on a free port of 127.0.0.1 (Debian: openssh-server). */
export async function startSshServer(): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-sshd-"));
  const [hostKey, userKey] = [join(folder, "host"), join(folder, "user")];
  for (const key of [hostKey, userKey]) await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const port = freePort();
  const configuration = join(folder, "sshd_config");
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${userKey}.pub`,
    `PidFile ${join(folder, "pid")}`,
    "PermitRootLogin yes",
    "StrictModes no",
    "UsePAM no",
  ];
  await writeFile(configuration, `${lines.join("\n")}\n`);
  // sshd separates privileges into this folder, which an init system would have made.
  await mkdir("/run/sshd", { recursive: true });
  const daemon = Bun.spawn([SSHD, "-D", "-e", "-f", configuration], { stderr: "pipe" });
  await listening(daemon.stderr);
  return {
    port,
    options: [
      "-i",
      userKey,
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "LogLevel=ERROR",
    ],
    [Symbol.asyncDispose]: async () => {
      daemon.kill();
      await daemon.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(command: string[]): Promise<void> {
  const status = await Bun.spawn(command, { stdout: "ignore" }).exited;
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}`);
}

function freePort(): number {
  using found = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  return Number(found.port);
}

async function listening(said: ReadableStream<Uint8Array>): Promise<void> {
  let text = "";
  for await (const chunk of said) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("listening on")) return;
  }
  throw new Error(`sshd ended: ${text}`);
}
