/**
 * "Accounts" and "Adding a provider".
 *
 * @module
 */
import { expect } from "bun:test";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Scenarios } from "./scenario.ts";

const ENTRY =
  '{ "providers": { "acme": { "issuer": "https://id.acme.example", "client_id": "abc", "scopes": ["openid", "profile"] } } }';

/** See {@link Scenarios}. */
export const ACCOUNT_SCENARIOS: Scenarios = {
  "keyfob status": {
    prepare: async ({ bash }) => void (await bash("keyfob login google/work")),
    steps: {
      "keyfob status": async (line, { bash }) => {
        expect((await bash(line)).stdout).toMatch(/google\/work .*alice@example\.test/);
      },
      "keyfob refresh google/work": async (line, { bash, world }) => {
        await bash(line);
        expect(world.google.count("refresh_token")).toBe(1);
      },
      "keyfob logout google/work": async (line, { bash, sandbox, world }) => {
        const token = (await sandbox.run(["token", "google/work"])).stdout.trim();
        expect(world.google.accepts(token)).toBe(true);
        await bash(line);
        expect(world.google.accepts(token)).toBe(false);
        expect((await sandbox.run(["token", "google/work"])).status).not.toBe(0);
      },
    },
  },
  "keyfob rename google google/work": {
    prepare: async (machine) => {
      await machine.bash("keyfob login google");
      await addVps(machine);
    },
    steps: {
      "keyfob rename google google/work": async (line, { bash }) => void (await bash(line)),
      "ssh vps keyfob key show": async (line, { bash, placeholders }) => {
        const { stdout } = await bash(line);
        expect(stdout).toMatch(/^age1[0-9a-z]+\n$/);
        placeholders.set("age1…", stdout.trim());
      },
      "keyfob export google/work --to age1… | ssh vps keyfob import": async (
        line,
        { bash, placeholders },
      ) => {
        const { stdout } = await bash(line);
        placeholders.set("RECEIPT", stdout.trim());
        expect((await bash("keyfob refresh google/work", { status: 4 })).stderr).toContain(
          "--confirm RECEIPT",
        );
      },
      "keyfob export google/work --confirm RECEIPT": async (line, { bash }) => {
        await bash(line);
        expect(JSON.parse((await bash("keyfob status --json")).stdout)).toEqual([]);
        await bash("ssh vps keyfob refresh google/work");
      },
      "keyfob rekey": async (line, { bash, sandbox }) => {
        await bash("keyfob login google/work");
        const key = join(sandbox.home, "key");
        const before = await Bun.file(key).text();
        await bash(line);
        expect(await Bun.file(key).text()).not.toBe(before);
        await bash("keyfob token google/work");
      },
    },
  },
  [ENTRY]: {
    steps: {
      [ENTRY]: async (text, machine) => {
        const { stdout: path } = await machine.bash("keyfob providers path");
        await Bun.write(path.trim(), text, { mode: 0o600 });
        await logsInToAcme(machine);
      },
    },
  },
  "keyfob providers add acme --issuer https://id.acme.example --client-id abc": {
    steps: {
      "keyfob providers add acme --issuer https://id.acme.example --client-id abc": async (line, machine) => {
        await machine.bash(line);
        const { stdout } = await machine.bash("keyfob providers show acme --json");
        expect(JSON.parse(stdout)).toMatchObject({ issuer: "https://id.acme.example", client_id: "abc" });
      },
      "keyfob providers check --online --only acme": async (line, { bash, world }) => {
        world.acme.calls.length = 0;
        expect((await bash(line)).stderr).toMatch(/[1-9]\d* questions? asked; nothing is dead/);
        expect(world.acme.calls.length).toBeGreaterThan(0);
        for (const { headers } of world.acme.calls) expect(headers.has("authorization")).toBe(false);
        // Questions without credentials are no violation: they are meant to be refused.
        world.acme.violations.length = 0;
      },
    },
  },
};

async function logsInToAcme({ bash, world }: Machine): Promise<void> {
  expect((await bash("keyfob login acme")).stderr).toContain("Logged in to acme as alice");
  expect(world.acme.accepts((await bash("keyfob token acme")).stdout.trim())).toBe(true);
}

/** A second machine, and an `ssh` that knows the way there. */
async function addVps({ program, sandbox }: Machine): Promise<void> {
  const vps = join(sandbox.folder, "vps");
  await mkdir(vps, { mode: 0o700 });
  await copyFile(join(sandbox.home, "providers.json"), join(vps, "providers.json"));
  await program(
    "ssh",
    `#!/bin/sh\n[ "$1" = vps ] || exit 255\nshift\nHOME='${vps}' KEYFOB_HOME='${vps}' exec "$@"\n`,
  );
}
