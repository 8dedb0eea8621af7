/**
 * `token ACCOUNT` skips the argument parser; the parser must say the same of every account, in the built binary.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { homePaths } from "../vault/fixtures.ts";
import { openVault } from "../../src/vault/vault.ts";
import { entryAt, sessionAt } from "../accounts/fixtures.ts";

const ORIGIN = "http://127.0.0.1:9";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ acme: entryAt(ORIGIN) });
  await openAndFill();
}, 60_000);
afterAll(() => sandbox[Symbol.asyncDispose]());

/** Logins as they would be after real ones: alive, over, over without a refresh token. */
async function openAndFill(): Promise<void> {
  const options = { environment: {}, now: () => new Date(), notice: () => {} };
  const vault = await openVault({ paths: homePaths(sandbox.home), ...options });
  const { refreshToken: _token, ...tokens } = sessionAt(ORIGIN, -60).tokens;
  await vault.save({ provider: "acme", label: "default" }, sessionAt(ORIGIN, 3600));
  await vault.save({ provider: "acme", label: "a@b.c+d_e-f" }, sessionAt(ORIGIN, 3600));
  await vault.save({ provider: "acme", label: "over" }, sessionAt(ORIGIN, -60));
  await vault.save({ provider: "acme", label: "spent" }, { ...sessionAt(ORIGIN, -60), tokens });
  await vault.save({ provider: "acme", label: "soon" }, sessionAt(ORIGIN, 5));
  await vault.close();
}

const ACCOUNTS: readonly (readonly [account: string, status: number])[] = [
  ["acme", 0],
  ["acme/default", 0],
  ["acme/a@b.c+d_e-f", 0],
  ["acme/soon", 0],
  ["acme/over", 3],
  ["acme/spent", 4],
  ["acme/nobody", 4],
  ["nobody", 4],
  ["acme/", 2],
  ["/acme", 2],
  ["acme/a/b", 2],
  ["acme/../x", 2],
  ["ACME", 2],
  [" acme", 2],
  ["acme ", 2],
  ["ac me", 2],
  ["acme\n", 2],
  ["acmé", 2],
  ["acme/ünï", 2],
  ["acme\u001b[2J", 2],
  ["'acme'", 2],
  ["acme;ls", 2],
  ["help", 4],
  ["a".repeat(65), 2],
  [`acme/${"x".repeat(65)}`, 2],
  ["", 2],
  [".", 2],
  ["@file", 2],
  ["=", 2],
];

test.each(ACCOUNTS)("%j: both paths say the same, and end with %d", async (account, status) => {
  const plain = await sandbox.run(["token", account]);
  const parsed = await sandbox.run(["token", "--", account]);
  expect(plain).toEqual(parsed);
  expect(plain.status).toBe(status);
  if (status === 0) expect(plain.stdout).toBe("stored-access\n");
  else expect(plain.stdout).toBe("");
});

test.each(["-", "--", "-x", "--jso", "--help", "-h"])(
  "%s is no account: the parser sees it",
  async (word) => {
    const { stdout, status, stderr } = await sandbox.run(["token", word]);
    if (word === "--help" || word === "-h")
      expect({ status, shown: stdout.includes("Usage") }).toEqual({ status: 0, shown: true });
    else expect(stdout + stderr).not.toContain("Usage");
    expect(stdout).not.toContain("stored-access");
  },
);
