/**
 * Completions, pressed for in real shells.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { publicEntry, logIn } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type OidcServer, startOidcServer } from "../servers/oidc.ts";
import { startShell } from "./shell_session.ts";

const SHELLS = [
  ["bash", "source <(keyfob completions bash)"],
  ["zsh", "autoload -U compinit; compinit -u; source <(keyfob completions zsh)"],
  ["fish", "keyfob completions fish | source"],
] as const;

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  [server, sandbox] = await Promise.all([startOidcServer(), createSandbox()]);
  await sandbox.writeRegistry({ acme: { name: "Acme Works", ...publicEntry(server) } });
  await logIn(sandbox, ["acme/me@home.example"]);
  await Bun.write(`${sandbox.workFolder}/authority.pem`, "");
}, 60_000);

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe.each(SHELLS)("%s", (shell, load) => {
  test("completes commands, flags, values, providers, accounts and files", async () => {
    await using session = await startShell(sandbox, shell);
    await session.run(load);
    await session.complete("keyfob provi", /keyfob providers /);
    await session.complete("keyfob providers sche", /keyfob providers schema /);
    await session.complete("keyfob help providers rem", /keyfob help providers remove /);
    await session.complete("keyfob login --no-br", /keyfob login --no-browser /);
    await session.complete("keyfob login --method=pas", /--method=paste/);
    await session.complete("keyfob login --method dev", /--method device/);
    await session.complete("keyfob login acm", /keyfob login acme/);
    // The @ in a label is a border of words for bash.
    await session.complete("keyfob token acme/me@ho", /keyfob token acme\/me@home\.example/);
    await session.complete("keyfob login --ca autho", /--ca authority\.pem/);
  });

  test("nothing on the line is run by pressing TAB, and a broken registry is quiet", async () => {
    await using broken = await createSandbox();
    await broken.replaceRegistry("{ this is no JSON");
    await using session = await startShell(broken, shell);
    await session.run(load);
    session.type("keyfob token $(touch ran) `touch ran` log\t");
    session.type("\x15\x03");
    await session.complete("keyfob refr", /keyfob refresh /);
    expect(await Bun.file(`${broken.workFolder}/ran`).exists()).toBe(false);
    expect(session.transcript.text).not.toContain("Cannot");
  });
});

test("offers what fits the place on the line", async () => {
  const offered = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await sandbox.run(["complete", "--", ...words]);
    return stdout
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "")
      .filter((value) => value !== "");
  };
  expect(await offered("tok")).toEqual(["token"]);
  expect(await offered("token", "")).toEqual(["acme/me@home.example"]);
  expect(await offered("login", "acme")).toEqual(["acme/me@home.example", "acme"]);
  expect(await offered("doctor", "acme")).toEqual(["acme/me@home.example", "acme"]);
  expect(await offered("providers", "show", "acm")).toEqual(["acme"]);
  expect(await offered("login", "--format=")).toEqual(["--format=config"]);
  expect(await offered("login", "--timeout", "")).toEqual([]);
  expect(await offered("login", "--ca", "")).toEqual([":files"]);
  expect(await offered("logout", "--a")).toEqual(["--all"]);
  expect(await offered("token", "acme", "")).toEqual([]);
  expect(await offered("run", "acme", "--", "ls", "")).toEqual([]);
  expect(await offered("completions", "z")).toEqual(["zsh"]);
  expect((await sandbox.run(["complete", "--next", "--", "providers", "path"])).stdout).toBe("");
  expect((await sandbox.run(["complete", "--next", "--", "providers"])).stdout).toContain("list\t");
});

test("asking for completions makes no vault", async () => {
  await using fresh = await createSandbox();
  await fresh.run(["complete", "--", "token", ""]);
  expect(await Array.fromAsync(new Bun.Glob("**").scan({ cwd: fresh.home, dot: true }))).toEqual([]);
});

test("an unknown shell is refused with the nearest known one, and PowerShell has its script", async () => {
  const wrong = await sandbox.run(["completions", "bsh"]);
  expect(wrong.stderr).toContain("did you mean keyfob completions bash?");
  expect(wrong.status).toBe(2);
  const { stdout } = await sandbox.run(["completions", "powershell"]);
  expect(stdout).toContain("Register-ArgumentCompleter -Native -CommandName keyfob");
});
