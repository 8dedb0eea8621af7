/**
 * "Sixty seconds": logging in on a laptop, on a VPS, in a bot and in a script.
 *
 * @module
 */
import { expect } from "bun:test";
import { join } from "node:path";
import { readAddress, type Begun } from "../drivers/login.ts";
import { startSession } from "../drivers/terminal.ts";
import { signIn } from "../servers/person.ts";
import type { Machine } from "./machine.ts";
import type { Scenarios, Step } from "./scenario.ts";

/** See {@link Scenarios}. */
export const LOGIN_SCENARIOS: Scenarios = {
  "keyfob login openai": {
    steps: {
      "keyfob login openai": async (line, machine) => {
        await using session = await inTerminal(machine, line);
        await session.transcript.waitFor(/Logged in to openai as alice@example\.test/);
        expect(await session.exited).toBe(0);
      },
      "keyfob token openai": async (line, { bash, world }) => {
        const { stdout, stderr } = await bash(line);
        expect(world.openai.accepts(stdout.trimEnd())).toBe(true);
        expect([stdout.split("\n").length, stderr]).toEqual([2, ""]);
      },
    },
  },
  "keyfob login openai --no-browser": {
    prepare: ({ program }) => program("xdg-open", "#!/bin/sh\necho opened > opened\n"),
    steps: {
      "keyfob login openai --no-browser": async (line, machine) => {
        await using session = await inTerminal(machine, line);
        await session.transcript.waitFor(/How do you want/);
        session.type("\x1b[B\r");
        const address = await readAddress(session.transcript);
        await session.transcript.waitFor(/the browser may say that the site cannot be reached/);
        await session.paste(await signIn(address.href));
        await session.transcript.waitFor(/Logged in to openai/);
        expect(await session.exited).toBe(0);
        expect(await Bun.file(join(machine.sandbox.workFolder, "opened")).exists()).toBe(false);
      },
    },
  },
  "keyfob login openai --begin --timeout 15m": {
    steps: {
      "keyfob login openai --begin --timeout 15m": async (line, { bash, sandbox }) => {
        const begun = JSON.parse((await bash(line)).stdout) as Begun;
        expect(Object.keys(begun)).toEqual(keysOfComment(line));
        const minutes = (Date.parse(begun.expires_at) - Date.now()) / 60_000;
        expect(minutes).toBeWithin(14, 15.01);
        await Bun.write(join(sandbox.workFolder, "answer.txt"), await signIn(begun.url));
      },
      "keyfob finish --format config < answer.txt": printsConfiguration,
      "keyfob token openai --format config": printsConfiguration,
      "keyfob login openai --begin --method device": async (line, { bash, placeholders, world }) => {
        const begun = JSON.parse((await bash(line)).stdout) as Record<string, string>;
        expect(Object.keys(begun)).toEqual(expect.arrayContaining(keysOfComment(line)));
        placeholders.set("$STATE", begun["state"] ?? "");
        world.openai.approve(begun["user_code"] ?? "");
      },
      'keyfob finish --state "$STATE"': async (line, { bash }) => {
        expect((await bash(line)).stderr).toContain("Logged in to openai");
      },
    },
  },
  "keyfob login google --if-needed && curl -H @<(keyfob token google --header) https://openidconnect.googleapis.com/v1/userinfo":
    {
      steps: {
        "keyfob login google --if-needed && curl -H @<(keyfob token google --header) https://openidconnect.googleapis.com/v1/userinfo":
          async (line, { bash, internet, world }) => {
            // Once with the login, once without.
            for (const _time of [1, 2]) {
              expect(JSON.parse((await bash(line)).stdout)).toMatchObject({ email: "alice@example.test" });
            }
            expect(internet.asked).toContain("openidconnect.googleapis.com:443");
            expect(world.google.count("authorization_code")).toBe(1);
          },
      },
    },
  "keyfob login google --client-id ID --client-secret-file secret.txt": {
    prepare: async ({ world, writeRegistry, sandbox, placeholders }) => {
      const entry = (JSON.parse(world.google.registry) as { providers: { google: Record<string, string> } })
        .providers.google;
      const { client_id: id = "", client_secret: secret = "", ...google } = entry;
      await writeRegistry({ google });
      placeholders.set("--client-id ID", `--client-id ${id}`);
      await Bun.write(join(sandbox.workFolder, "secret.txt"), `${secret}\n`, { mode: 0o600 });
    },
    steps: {
      "keyfob login google --client-id ID --client-secret-file secret.txt": async (line, { bash, world }) => {
        expect((await bash(line)).stderr).toContain("Logged in to google as alice@example.test");
        expect(world.google.count("authorization_code")).toBe(1);
      },
    },
  },
};

/** A person's terminal with `line` typed into it. */
function inTerminal({ sandbox }: Machine, line: string) {
  // What the driver appends become arguments of the shell, which `line` does not look at.
  return startSession(sandbox, [], { through: ["bash", "-c", line, "bash"] });
}

async function printsConfiguration(...[line, { bash, world }]: Parameters<Step>): Promise<void> {
  const { stdout } = await bash(line);
  const { openai } = (JSON.parse(stdout) as { providers: { openai: { oauth_token: string } } }).providers;
  expect(world.openai.accepts(openai.oauth_token)).toBe(true);
}

/** The names in `# {"url","state",…}`. */
function keysOfComment(line: string): string[] {
  return [...(/# \{(.*?)\}/.exec(line)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(([, key = ""]) => key);
}
