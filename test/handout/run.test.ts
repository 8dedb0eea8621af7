/**
 * `keyfob run`: tokens in the environment, and everything else as if keyfob were not there.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox({ KEYFOB_TOKEN_GITHUB: "token-of-github" });
  const entry = publicEntry(server);
  await sandbox.writeRegistry({
    local: entry,
    "my-corp.id": entry,
    tools: { ...entry, env: ["TOOL_A", "TOOL_B"] },
  });
  await logIn(sandbox, ["local"]);
  await logIn(sandbox, ["local/work"]);
  await logIn(sandbox, ["my-corp.id"]);
  await logIn(sandbox, ["tools"]);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function shell(args: readonly string[], script: string): Promise<Outcome> {
  return sandbox.run(["run", ...args, "--", "sh", "-c", script]);
}

describe("variables", () => {
  test("the token stands in <PROVIDER>_TOKEN where the entry names no variable", async () => {
    const { stdout, status } = await shell(["local"], "echo $LOCAL_TOKEN");
    expect(status).toBe(0);
    expect(stdout).toBe(`${await readToken(sandbox, ["local"])}\n`);
    expect((await server.userinfo(stdout.trim())).status).toBe(200);
  });

  test("what a shell cannot have in a name becomes an underscore", async () => {
    const { stdout } = await shell(["my-corp.id"], "echo $MY_CORP_ID_TOKEN");
    expect(stdout).toBe(`${await readToken(sandbox, ["my-corp.id"])}\n`);
  });

  test("the registry names the variables that a provider's tools read", async () => {
    const token = await readToken(sandbox, ["tools"]);
    expect((await shell(["tools"], "echo $TOOL_A $TOOL_B")).stdout).toBe(`${token} ${token}\n`);
    expect((await shell(["github"], "echo $GH_TOKEN $GITHUB_TOKEN")).stdout).toBe(
      "token-of-github token-of-github\n",
    );
  });

  test("several accounts, and --env for one more of the same provider", async () => {
    const { stdout } = await shell(
      ["local", "tools", "--env", "WORK=local/work"],
      "echo $LOCAL_TOKEN $TOOL_A $WORK",
    );
    const tokens = await Promise.all(
      ["local", "tools", "local/work"].map((name) => readToken(sandbox, [name])),
    );
    expect(new Set(tokens).size).toBe(3);
    expect(stdout).toBe(`${tokens.join(" ")}\n`);
  });

  test("two accounts that want one variable are refused, and the hint says --env", async () => {
    const { stdout, stderr, status } = await shell(["local", "local/work"], "echo ran");
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("LOCAL_TOKEN");
    expect(stderr).toContain("--env NAME=local/work");
  });

  test("config.json names the variables of one account", async () => {
    const settings = { accounts: { "local/work": { env: ["WORK_TOKEN"] } } };
    await Bun.write(join(sandbox.home, "config.json"), JSON.stringify(settings), { mode: 0o600 });
    const { stdout } = await shell(["local", "local/work"], "echo $LOCAL_TOKEN $WORK_TOKEN");
    await Bun.file(join(sandbox.home, "config.json")).delete();
    const tokens = await Promise.all(["local", "local/work"].map((name) => readToken(sandbox, [name])));
    expect(stdout).toBe(`${tokens.join(" ")}\n`);
  });

  test("inherited tokens are scrubbed: KEYFOB_TOKEN_*, and whatever stood in the variable before", async () => {
    const environment = { KEYFOB_TOKEN_OTHER: "stray", LOCAL_TOKEN: "old", KEPT: "kept" };
    const run = ["run", "local", "--", "sh", "-c", "env"];
    const { stdout } = await sandbox.run(run, { environment });
    expect(stdout).not.toContain("KEYFOB_TOKEN");
    expect(stdout).not.toContain("stray");
    expect(stdout).not.toContain("LOCAL_TOKEN=old");
    expect(stdout).toContain("KEPT=kept\n");
  });

  test("the variables for proxies are handed on as keyfob was given them", async () => {
    const given = { HTTPS_PROXY: "http://proxy.example:1", NO_PROXY: "corp.example", no_proxy: "other" };
    const run = ["run", "local", "--", "sh", "-c", "env | grep -i _proxy | sort"];
    // The refresh goes to loopback, which no proxy is asked for.
    await sandbox.run(["refresh", "local"], { environment: given });
    for (const environment of [given, {}] satisfies Record<string, string>[]) {
      const { stdout } = await sandbox.run(run, { environment });
      const lines = Object.entries<string>(environment).map(([name, value]) => `${name}=${value}\n`);
      expect(
        stdout
          .split(/(?<=\n)/)
          .toSorted()
          .join(""),
      ).toBe(lines.toSorted().join(""));
    }
  });

  test("an account that nobody is logged in to: exit 4, and the command does not start", async () => {
    const { stdout, status } = await shell(["local/nobody"], "echo ran");
    expect(status).toBe(4);
    expect(stdout).toBe("");
  });
});

describe("the command line", () => {
  test("everything after -- is the command's, flags and further dashes too", async () => {
    const { stdout } = await sandbox.run(["run", "github", "--", "echo", "--json", "-h", "--", "--env"]);
    expect(stdout).toBe("--json -h -- --env\n");
  });

  test("a command without -- is refused with the right line as hint", async () => {
    const { stderr, status } = await sandbox.run(["run", "github", "gh", "pr"]);
    expect(status).toBe(2);
    expect(stderr).toContain("keyfob run github -- gh pr");
  });

  test("no account is refused", async () => {
    const { status, stdout } = await sandbox.run(["run", "--json", "--", "echo", "ran"]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "no_account" } });
  });
});

describe("the child runs in keyfob's place:", () => {
  test("its exit status is passed on", async () => {
    expect((await shell(["github"], "exit 7")).status).toBe(7);
    expect((await shell(["github"], "exit 0")).status).toBe(0);
  });

  test("death by a signal is 128 and its number", async () => {
    expect((await shell(["github"], "kill -KILL $$")).status).toBe(137);
    expect((await shell(["github"], "kill -SEGV $$")).status).toBe(139);
  });

  test("127 where there is no such command, 126 where it cannot be executed", async () => {
    expect((await sandbox.run(["run", "github", "--", "no-such-command"])).status).toBe(127);
    expect((await sandbox.run(["run", "github", "--", "./no/such/command"])).status).toBe(127);
    expect((await sandbox.run(["run", "github", "--", "/tmp"])).status).toBe(126);
  });

  test("a script without an interpreter line runs, as execvp would have it", async () => {
    const script = join(sandbox.workFolder, "script");
    await Bun.write(script, 'echo "script $1 $GH_TOKEN"\n');
    await chmod(script, 0o700);
    const { stdout } = await sandbox.run(["run", "github", "--", "./script", "one"]);
    expect(stdout).toBe("script one token-of-github\n");
  });

  test("standard input and both outputs are its own", async () => {
    const command = ["run", "github", "--", "sh", "-c", "cat; echo talk >&2"];
    const { stdout, stderr } = await sandbox.run(command, { input: "from outside\n" });
    expect(stdout).toBe("from outside\n");
    expect(stderr).toBe("talk\n");
  });

  test("no file that keyfob has open is open in the child", async () => {
    const { stdout } = await sandbox.run(["run", "local", "--", "ls", "/proc/self/fd"]);
    // 3 is the folder that ls reads.
    expect(stdout).toBe("0\n1\n2\n3\n");
  });

  // Not one of these reaches the child unless keyfob sends it on: `setsid` leaves no terminal that would.
  for (const name of ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT"] as const) {
    test(`SIG${name} is sent on, and keyfob waits for what the child makes of it`, async () => {
      const script = `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`;
      await using running = await sandbox.start(["run", "github", "--", "bash", "-c", script], {
        through: ["setsid"],
      });
      await running.stdout.waitFor(/ready\n/);
      running.signal(`SIG${name}`);
      const { stdout, status } = await running.outcome;
      expect(stdout).toBe(`ready\ngot ${name}\n`);
      expect(status).toBe(9);
    });
  }

  test("what was ignored stays ignored, in keyfob and in the child: nohup keyfob run …", async () => {
    const script = "echo ready; read -r line; kill -HUP $$; echo survived";
    await using running = await sandbox.start(["run", "github", "--", "sh", "-c", script], {
      through: ["nohup"],
    });
    await running.stdout.waitFor(/ready\n/);
    running.signal("SIGHUP");
    await Bun.sleep(100);
    running.write("go on\n");
    const { stdout, status } = await running.outcome;
    expect({ stdout, status }).toEqual({ stdout: "ready\nsurvived\n", status: 0 });
  });

  test("a command that is not there is so under nohup too", async () => {
    const { stderr, status } = await sandbox.run(["run", "github", "--", "no-such-command"], {
      through: ["nohup"],
    });
    expect(status).toBe(127);
    expect(stderr).toContain('Cannot run "no-such-command"');
  });

  test("ctrl-C in a terminal reaches the child once, from the terminal", async () => {
    const script =
      "trap 'n=$((n+1))' INT; n=0; echo ready; for i in 1 2 3 4 5 6; do sleep 0.1; done; echo got $n";
    await using session = await startSession(sandbox, ["run", "github", "--", "bash", "-c", script]);
    await session.transcript.waitFor(/ready\n/);
    session.type("\x03");
    await session.transcript.waitFor(/got 1\n/);
    expect(await session.exited).toBe(0);
  });

  test("ctrl-C ends a child that does not mind it: 130", async () => {
    await using session = await startSession(sandbox, ["run", "github", "--", "cat"]);
    session.type("ready\r");
    // Once from the terminal, once from the child: it is there.
    await session.transcript.waitFor(/ready\nready\n/);
    session.type("\x03");
    expect(await session.exited).toBe(130);
  });

  test("the terminal is the child's: it sees one, with its size", async () => {
    await using session = await startSession(
      sandbox,
      ["run", "github", "--", "sh", "-c", "test -t 0 && test -t 1 && stty size"],
      { columns: 91, rows: 17 },
    );
    await session.transcript.waitFor(/17 91\n/);
    expect(await session.exited).toBe(0);
  });
});
