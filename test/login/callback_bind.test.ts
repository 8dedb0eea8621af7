/**
 * Where the callback server listens, and how it ends.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { closeAfterwards, get, PATH, startCallback, STATE } from "./callback_fixture.ts";
import { sendRaw } from "./raw_request.ts";

const CALLBACK = join(import.meta.dir, "../../src/login/callback.ts");

/** Takes a port of `hostname`, as another program would. */
function occupy(hostname: string, port = 0): number {
  const server = Bun.serve({ hostname, port, fetch: () => new Response("foreign") });
  closeAfterwards({ close: () => server.stop(true) });
  return server.port ?? 0;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = await startCallback({ host: "localhost" });
  await server.close();
  return server.port;
}

describe("ports and addresses", () => {
  test("localhost listens on 127.0.0.1 and ::1, same port (STANDARDS 4)", async () => {
    const server = await startCallback({ host: "localhost" });
    expect(server.redirectUri).toBe(`http://localhost:${server.port}${PATH}`);
    for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
      expect((await get(`http://${host}:${server.port}/`)).status).toBe(404);
    }
  });

  test("an address listens there alone (STANDARDS 3, 7)", async () => {
    const four = await startCallback({ host: "127.0.0.1" });
    await expect(get(`http://[::1]:${four.port}/`)).rejects.toThrow();
    const six = await startCallback({ host: "[::1]" });
    expect((await get(`http://[::1]:${six.port}/`)).status).toBe(404);
    await expect(get(`http://127.0.0.1:${six.port}/`)).rejects.toThrow();
  });

  test("a taken port falls to the next of the list", async () => {
    const taken = occupy("127.0.0.1");
    const next = await freePort();
    const server = await startCallback({ ports: [taken, next] });
    expect(server.port).toBe(next);
  });

  test("a port that is whole is better than one of which another program has a half", async () => {
    const half = occupy("::1");
    const whole = await freePort();
    expect((await startCallback({ host: "localhost", ports: [half, whole] })).port).toBe(whole);
  });

  test("half a port is better than none", async () => {
    const half = occupy("::1");
    const server = await startCallback({ host: "localhost", ports: [half] });
    expect(server.port).toBe(half);
    expect((await get(`http://127.0.0.1:${half}/`)).status).toBe(404);
  });

  test("says which ports are taken", async () => {
    const ports = [occupy("127.0.0.1"), occupy("127.0.0.1")];
    await expect(startCallback({ ports })).rejects.toMatchObject({
      code: "port_busy",
      exitStatus: 3,
      message: expect.stringContaining(`port ${ports.join(" or ")}`),
    });
  });

  test("two logins at once have two ports (STANDARDS 5, 10)", async () => {
    const [one, two] = [await startCallback(), await startCallback()];
    expect(one.port).not.toBe(two.port);
  });

  test("another address is bound only when asked for, and the Host check stays", async () => {
    const server = await startCallback({ bind: "0.0.0.0" });
    expect(server.redirectUri).toBe(`http://127.0.0.1:${server.port}${PATH}`);
    const answer = `${PATH}?code=one&state=${STATE}`;
    const foreign = await get(`http://127.0.0.2:${server.port}${answer}`);
    expect(foreign.status).toBe(400);
    expect((await get(`http://127.0.0.1:${server.port}${answer}`)).status).toBe(303);
  });
});

test.each([
  ["0.0.0.0", "localhost", ["127.0.0.1", "127.0.0.2", "[::1]"]],
  ["0.0.0.0", "[::1]", ["127.0.0.1", "[::1]"]],
  ["::", "localhost", ["127.0.0.1", "127.0.0.2", "[::1]"]],
  ["127.0.0.2", "localhost", ["127.0.0.1", "127.0.0.2", "[::1]"]],
] as const)("--bind %s leaves both families of %s listened to (STANDARDS 4)", async (bind, host, reached) => {
  const server = await startCallback({ bind, host });
  for (const name of reached) expect((await get(`http://${name}:${server.port}/`)).status).toBeLessThan(500);
});

test("an address of --bind that this machine lacks is an error, not a silent loss", async () => {
  await expect(startCallback({ bind: "203.0.113.9" })).rejects.toMatchObject({
    code: "bind_address",
    exitStatus: 2,
  });
});

describe("closing", () => {
  test("is done once, and frees the port", async () => {
    const server = await startCallback();
    await Promise.all([server.close(), server.close()]);
    await server.close();
    const again = await startCallback({ ports: [server.port] });
    expect(again.port).toBe(server.port);
  });

  test("does not wait for an idle connection or a half-sent header (STANDARDS 76)", async () => {
    const server = await startCallback();
    void sendRaw(server.port, "");
    const half = sendRaw(server.port, `GET ${PATH} HTTP/1.1\r\nHost: `);
    await Bun.sleep(20);
    const begun = Date.now();
    await server.close();
    expect(Date.now() - begun).toBeLessThan(1000);
    expect(await half).toBe("");
  });

  test("ends each connection with its answer (STANDARDS 76)", async () => {
    const server = await startCallback();
    const answer = await sendRaw(server.port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    expect(answer).toMatch(/^connection: close/im);
  });

  test("does not wait for a browser that never asks for the page", async () => {
    const server = await startCallback();
    await get(`${server.redirectUri}?code=one&state=${STATE}`);
    const begun = Date.now();
    await server.conclude({ ok: true, who: null, account: "acme/default" });
    expect(Date.now() - begun).toBeLessThan(3000);
  });

  test("tells a tab that still waits", async () => {
    const server = await startCallback();
    const page = fetch(`${server.redirectUri}?code=one&state=${STATE}`).then((response) => response.text());
    await server.answer;
    await Bun.sleep(30);
    await server.close();
    expect(await page).toContain("This login has ended");
  });

  test("lets the process end while a browser keeps a connection open (STANDARDS 76)", async () => {
    const program = `
      const { listen } = await import(${JSON.stringify(CALLBACK)});
      const options = { state: "s", host: "127.0.0.1", ports: "any", path: "/", responseMode: "query", providerName: "A" };
      const server = await listen(options);
      console.log(server.port);
      await new Promise((resolve) => process.stdin.once("data", resolve));
      process.stdin.destroy();
      await server.close();`;
    const child = Bun.spawn([process.execPath, "-e", program], {
      stdio: ["pipe", "pipe", "inherit"],
      timeout: 8000,
    });
    const { value } = await child.stdout.getReader().read();
    void sendRaw(Number(new TextDecoder().decode(value)), "");
    await Bun.sleep(30);
    const begun = Date.now();
    await child.stdin.write("close");
    await child.stdin.flush();
    expect(await child.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(1500);
  });
});
