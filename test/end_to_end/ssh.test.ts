/**
 * A real SSH session: the printed command forwards the port, and the person's browser gets through.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { builtBinary } from "../drivers/build.ts";
import { readAddress } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { signIn } from "../servers/person.ts";
import { type SshServer, startSshServer } from "../servers/ssh.ts";

/** Where the person's own machine is, on this one: the same port is free there. */
const OWN_MACHINE = "127.0.0.2";

let server: DeviceServer;
let sshd: SshServer;

beforeAll(async () => {
  server = startDeviceServer();
  sshd = await startSshServer();
});

afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test("the forward that is printed has the real user, host and port, and a login through it needs no paste", async () => {
  await using sandbox = await createSandbox();
  const { device_authorization_endpoint: _device, ...entry } = server.entry;
  await sandbox.writeRegistry({ remote: entry });
  const command = `env KEYFOB_HOME=${sandbox.home} ${await builtBinary()} login remote`;
  const through = ["ssh", "-tt", ...sshd.options, "-p", String(sshd.port), "root@127.0.0.1", command, "#"];
  await using session = await startSession(sandbox, [], { through, columns: 120 });
  const url = await readAddress(session.transcript);
  const { port } = new URL(url.searchParams.get("redirect_uri") ?? "");
  const printed = `ssh -p ${sshd.port} -L ${port}:localhost:${port} root@127.0.0.1`;
  await session.transcript.waitFor(new RegExp(`^${printed}$`, "m"));
  await session.transcript.waitFor(/Paste the address here/);

  const [program = "", ...words] = printed.replace("-L ", `-L ${OWN_MACHINE}:`).split(" ");
  const forward = Bun.spawn([program, "-N", ...sshd.options, ...words], { stderr: "inherit" });
  try {
    const { pathname, search } = new URL(await signIn(url.href));
    expect(await statusThrough(Number(port), pathname + search)).toBe(303);
    expect(await session.exited).toBe(0);
    expect(await session.isRestored()).toBe(true);
    expect(session.transcript.text).toContain("Logged in to remote");
  } finally {
    forward.kill();
    await forward.exited;
  }
});

/** The status that the callback gives to a browser at the other end of the forward, once that stands. */
async function statusThrough(port: number, path: string): Promise<number> {
  for (;;) {
    const status = await ask(port, path);
    if (status !== undefined) return status;
    await Bun.sleep(50);
  }
}

async function ask(port: number, path: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const socket = connect({ host: OWN_MACHINE, port });
  socket.once("error", () => resolve(undefined));
  socket.once("data", (data) => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1])));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const status = await promise;
  socket.destroy();
  return status;
}
