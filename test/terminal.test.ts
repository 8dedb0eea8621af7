/**
 * The streams of a real process.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "terminal_program.ts");

interface Started {
  readonly shell?: string;
  readonly input?: Uint8Array;
  readonly environment?: Record<string, string>;
}

/** Runs the program, with `shell` after its arguments. */
function start(args: readonly string[], { shell = "", input, environment }: Started = {}) {
  return Bun.spawn(["sh", "-c", `"$0" "$@" ${shell}`, process.execPath, PROGRAM, ...args], {
    stdio: [input ?? "ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
    timeout: 10_000,
    killSignal: "SIGKILL",
  });
}

function text(stream: ReadableStream): Promise<string> {
  return new Response(stream).text();
}

async function run(args: readonly string[], started: Started = {}) {
  const child = start(args, started);
  const [output, talk, status] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  return { output, talk, status };
}

/** What a pseudo-terminal shows. */
async function runInTerminal(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<string> {
  let written = "";
  const child = Bun.spawn([process.execPath, PROGRAM, ...args], {
    env: { TERM: "xterm", ...environment },
    terminal: {
      cols: 57,
      rows: 9,
      data: (_terminal, bytes) => void (written += new TextDecoder().decode(bytes)),
    },
    timeout: 10_000,
  });
  await child.exited;
  await Bun.sleep(20);
  return written;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("data", () => {
  test("reaches a slow reader whole", async () => {
    expect((await run(["data", "1000000"], { shell: "| { sleep 0.2; wc -c; }" })).output.trim()).toBe(
      "3000000",
    );
  });

  test.each([100, 5000, 100_000])(
    "of %i letters comes once where the pipe is full and does not wait",
    async (letters) => {
      const unwaiting =
        'fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; print "f" x 64000; $| = 1; exec @ARGV';
      const args = ["perl", "-MFcntl", "-e", unwaiting, process.execPath, PROGRAM, "data", String(letters)];
      const child = Bun.spawn(["sh", "-c", '"$@" | { sleep 0.2; tr -d f | wc -c; }', "sh", ...args], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      expect((await text(child.stdout)).trim()).toBe(String(3 * letters));
    },
  );

  test("whose reader has gone away is no error", async () => {
    const { talk } = await run(["data", "1000000"], { shell: "| true" });
    expect(talk).toBe("written\n");
  });

  test("that cannot be written is an error", async () => {
    expect(await run(["data", "10"], { shell: "> /dev/full" })).toMatchObject({
      talk: "output_failed\n",
      status: 1,
    });
  });
});

describe("talk", () => {
  test("loses control, bidi and zero-width characters, and keeps lines and indentation (STANDARDS 78)", async () => {
    const hostile = "first\u001b[31m\u0007\n  second\u202e\u200b\r\n\nlast";
    const { talk, output } = await run(["say", JSON.stringify(hostile)]);
    expect(talk).toBe("first[31m\n  second\n\nlast\n");
    expect(output).toBe("");
  });

  test("is never cut where an address is long", async () => {
    const address = `https://id.acme.example/?${"x".repeat(4000)}`;
    expect((await run(["say", JSON.stringify(address)])).talk).toBe(`${address}\n`);
  });

  test("is coloured in a terminal, unless it is not wanted", async () => {
    expect(await runInTerminal(["say", '"oh"'])).toBe("\u001b[31moh\u001b[0m\r\n");
    expect(await runInTerminal(["say", '"oh"'], { NO_COLOR: "1" })).toBe("oh\r\n");
    expect(await runInTerminal(["say", '"oh"'], { TERM: "dumb" })).toBe("oh\r\n");
  });
});

describe("lines of standard input", () => {
  test("come whole, whatever ends them", async () => {
    const { output } = await run(["lines", "5000"], { input: bytes("one\r\ntwo\rthree\n\nlast é") });
    expect(output).toBe("<one><two><three><><last é>ended");
  });

  test("end with the signal while the pipe stays open, and so does the process", async () => {
    const child = Bun.spawn([process.execPath, PROGRAM, "lines", "150"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await child.stdin.write("one\nhal");
    await child.stdin.flush();
    const begun = Date.now();
    expect(await text(child.stdout)).toBe("<one>ended");
    expect(await child.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(2000);
  });

  test("that never end leave room for timers and signals", async () => {
    const endless = ["sh", "-c", `yes | "$0" "$@"`, process.execPath, PROGRAM, "flood", "200"];
    const child = Bun.spawn(endless, { stdio: ["ignore", "pipe", "inherit"], timeout: 10_000 });
    const begun = Date.now();
    expect(await text(child.stdout)).toBe("ended");
    expect(Date.now() - begun).toBeLessThan(3000);
  });

  test("are none where standard input is closed", async () => {
    expect((await run(["lines", "5000"], { shell: "<&-" })).output).toBe("ended");
  });
});

describe("all of standard input", () => {
  test("is read to its end", async () => {
    expect((await run(["readAll", "100"], { input: bytes("a\nb") })).output).toBe("a\nb");
  });

  test("is refused beyond the limit", async () => {
    const refused = await run(["readAll", "10"], { input: bytes("x".repeat(11)) });
    expect(refused).toEqual({ output: "", talk: "input_too_long\n", status: 2 });
  });
});

test("a pipe is not interactive, a terminal is", async () => {
  const { output } = await run(["facts"], { environment: { COLUMNS: "99" } });
  expect(JSON.parse(output)).toEqual({ interactive: false, colour: false, columns: 99 });
  expect(JSON.parse(await runInTerminal(["facts"]))).toEqual({
    interactive: true,
    colour: true,
    columns: 57,
  });
});

test("restore() shows the cursor and ends bracketed paste and raw mode", async () => {
  const written = await runInTerminal(["restore"]);
  expect(written).toEndWith("\u001b[?25h\u001b[?2004l");
});
