import { readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { resolveSecret } from "../../src/registry/secret.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keyfob-secret-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: string): Promise<string> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** Whether the process is no more; one that nobody has waited for yet counts as gone. */
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

/** Waits up to two seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (condition()) return;
    await Bun.sleep(20);
  }
  throw new Error("it did not happen within two seconds");
}

const PATH = { PATH: process.env["PATH"] };

describe("resolveSecret()", () => {
  test("takes a plain secret as it is, and no source for no secret", async () => {
    expect(await resolveSecret("hush", {})).toBe("hush");
    expect(await resolveSecret(undefined, {})).toBeUndefined();
  });

  test("reads an environment variable", async () => {
    expect(await resolveSecret({ env: "ACME" }, { ACME: "hush" })).toBe("hush");
    await expect(resolveSecret({ env: "ACME" }, {})).rejects.toThrow(
      'the environment variable "ACME" is not set',
    );
  });

  test("reads a file without one newline at its end", async () => {
    expect(await resolveSecret({ file: await fileWith("hush\n") }, {})).toBe("hush");
    expect(await resolveSecret({ file: await fileWith("hush\r\n") }, {})).toBe("hush");
    expect(await resolveSecret({ file: await fileWith(" hush \n\n") }, {})).toBe(" hush \n");
  });

  test("says so where others can read the file, and refuses one that others can write to", async () => {
    const path = await fileWith("hush");
    const notices: string[] = [];
    const read = () => resolveSecret({ file: path }, {}, { notice: (text) => void notices.push(text) });
    expect(await read()).toBe("hush");
    expect(notices).toEqual([]);
    await chmod(path, 0o640);
    expect(await read()).toBe("hush");
    expect(notices).toEqual([`"${path}" can be read by other users: chmod go= '${path}'`]);
    await chmod(path, 0o620);
    await expect(read()).rejects.toMatchObject({ code: "no_secret", hint: `chmod go= '${path}'` });
  });

  test("takes no relative HOME", async () => {
    await writeFile(join(folder, "relative"), "hush", { mode: 0o600 });
    const before = process.cwd();
    process.chdir("/");
    try {
      await expect(resolveSecret({ file: "~/relative" }, { HOME: folder.slice(1) })).rejects.toMatchObject({
        code: "no_secret",
      });
    } finally {
      process.chdir(before);
    }
  });

  test("reads a file in the person's home", async () => {
    await writeFile(join(folder, "acme"), "hush");
    expect(await resolveSecret({ file: "~/acme" }, { HOME: folder })).toBe("hush");
  });

  test("refuses a file that is missing, empty, endless or relative to wherever keyfob was started", async () => {
    await expect(resolveSecret({ file: "/nowhere/secret" }, {})).rejects.toMatchObject({
      code: "no_secret",
      exitStatus: 2,
    });
    await expect(resolveSecret({ file: await fileWith("\n") }, {})).rejects.toThrow("gives nothing");
    await expect(resolveSecret({ file: "/dev/zero" }, {})).rejects.toThrow("more than 64 KiB");
    await expect(resolveSecret({ file: "secret" }, {})).rejects.toThrow("must be absolute");
  });

  test("takes 64 KiB and not one byte more", async () => {
    expect(await resolveSecret({ file: await fileWith("x".repeat(65_536)) }, {})).toHaveLength(65_536);
    await expect(resolveSecret({ file: await fileWith("x".repeat(65_537)) }, {})).rejects.toThrow(
      "more than 64 KiB",
    );
  });

  test("runs a command without a shell", async () => {
    expect(await resolveSecret({ command: ["printf", "%s\\n", "$HOME; hush"] }, PATH)).toBe("$HOME; hush");
  });

  test("gives a command the environment it was given, and no standard input", async () => {
    const command = ["sh", "-c", 'cat; printf %s "$ACME"'];
    expect(await resolveSecret({ command }, { ...PATH, ACME: "hush" })).toBe("hush");
  });

  test("gives a command no token that keyfob was given", async () => {
    const environment = { ...PATH, ACME: "hush", KEYFOB_TOKEN_ACME: "token" };
    const seen = await resolveSecret({ command: ["env"] }, environment);
    expect(seen).toContain("ACME=hush");
    expect(seen).not.toContain("KEYFOB_TOKEN");
  });

  test("refuses a command that fails, says nothing, says too much or is not there", async () => {
    const run = (...command: string[]) => resolveSecret({ command }, PATH);
    await expect(run("sh", "-c", "echo hush; exit 3")).rejects.toThrow(
      'the command "sh" failed with status 3',
    );
    await expect(run("true")).rejects.toThrow("gives nothing");
    await expect(run("cat", "/dev/zero")).rejects.toThrow("more than 64 KiB");
    await expect(run("no-such-program-here")).rejects.toThrow("cannot be started");
    await expect(run("./here")).rejects.toThrow("must be absolute");
  });

  test("ends a command that never ends, and what it started", async () => {
    const pids = join(folder, "pids");
    const command = ["sh", "-c", `sleep 60 & echo $$ $! > '${pids}'; sleep 60`];
    await expect(resolveSecret({ command }, PATH, { commandSeconds: 0.3 })).rejects.toThrow(
      "longer than 0.3 seconds",
    );
    const started = (await readFile(pids, "utf8")).trim().split(" ").map(Number);
    expect(started).toHaveLength(2);
    await until(() => started.every(isGone));
  });

  test("never repeats what a failing command printed", async () => {
    const failure: unknown = await resolveSecret(
      { command: ["sh", "-c", "echo hush; echo hush >&2; exit 1"] },
      PATH,
    ).catch((error) => error);
    expect(String(failure)).not.toContain("hush");
    expect(JSON.stringify(failure)).not.toContain("hush");
  });
});
