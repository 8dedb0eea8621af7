/**
 * `keyfob run` hands on what it was started with beyond the three streams, as an exec would: files, pipes, sockets.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox({ KEYFOB_TOKEN_GITHUB: "token-of-github" });
  await Bun.write(join(sandbox.workFolder, "file"), "from the file\n");
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
});

/** Runs `script` as keyfob's child; bash starts keyfob by `line`, in which "$@" stands for the whole command. */
function runFrom(line: string, script: string, flags: readonly string[] = []): Promise<Outcome> {
  const command = ["run", "github", ...flags, "--", "bash", "-c", script];
  return sandbox.run(command, { through: ["bash", "-c", line, "bash"] });
}

test("a file under 3 and an output under 9", async () => {
  const { stdout, status } = await runFrom('"$@" 3<file 9>&1', "cat <&3; echo nine >&9");
  expect({ stdout, status }).toEqual({ stdout: "from the file\nnine\n", status: 0 });
});

test("process substitution, in both directions", async () => {
  const { stdout } = await runFrom(
    '"$@" 63< <(echo substituted) 62> >(cat)',
    "cat /dev/fd/63; echo out >&62",
  );
  expect(stdout).toBe("substituted\nout\n");
});

test("the numbers between stay closed, and nothing of keyfob's own is open, an endpoint neither", async () => {
  for (const flags of [[], ["--serve"]]) {
    const { stdout } = await runFrom('"$@" 5<file 200<file', "echo /proc/$$/fd/*", flags);
    const numbers = [...stdout.matchAll(/fd\/(\d+)/g)].map(([, number]) => Number(number));
    // 255 is the terminal that bash itself keeps at hand.
    expect(numbers.filter((number) => number !== 255).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 5, 200]);
  }
});

test("what the child closes is closed: the other end of the pipe hears of it while the child runs", async () => {
  const { stdout, status } = await runFrom(
    'mkfifo pipe; (cat <pipe; echo over >over) & exec "$@" 9>pipe',
    "exec 9>&-; for i in {1..200}; do [ -e over ] && break; sleep 0.05; done; cat over",
  );
  expect({ stdout, status }).toEqual({ stdout: "over\n", status: 0 });
});

test("they reach a child that ignores signals, and a script without an interpreter line, too", async () => {
  const nohup = await runFrom('nohup "$@" 3<file', "cat <&3");
  expect(nohup.stdout).toBe("from the file\n");
  const plain = "printf 'cat <&3\\n' >plain; chmod 700 plain; \"${@:1:4}\" ./plain 3<file";
  expect((await runFrom(plain, "")).stdout).toBe("from the file\n");
});

test("sockets of systemd are the child's: LISTEN_PID is its own", async () => {
  const path = join(sandbox.folder, "listening");
  const script = 'echo $LISTEN_FDS; [ "$LISTEN_PID" = $$ ] && [ -S /proc/$$/fd/3 ] && echo mine';
  await using running = await sandbox.start(["run", "github", "--", "bash", "-c", script], {
    through: ["systemd-socket-activate", "-E", "KEYFOB_TOKEN_GITHUB", "-l", path],
  });
  await running.stderr.waitFor(/Listening on/);
  (await Bun.connect({ unix: path, socket: { data() {} } })).end();
  const { stdout, status } = await running.outcome;
  expect({ stdout, status }).toEqual({ stdout: "1\nmine\n", status: 0 });
});

test("a LISTEN_PID that names another process stays as it is", async () => {
  const { stdout } = await runFrom('LISTEN_PID=1 LISTEN_FDS=1 "$@"', "echo $LISTEN_PID");
  expect(stdout).toBe("1\n");
});
