/**
 * `logout --all` for programs, where it fails on the way.
 *
 * @module
 */
import { expect, test } from "bun:test";
import type { Context } from "../../src/commands/context.ts";
import { errorFields } from "../../src/commands/json.ts";
import { run } from "../../src/commands/logout.ts";
import { Failed, KeyfobError } from "../../src/errors.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { type Bench, createBench, entryAt, sessionAt, startProvider } from "../accounts/fixtures.ts";
import { failureOf } from "../oauth/fixtures.ts";

/** A vault from which `acme/two` cannot be removed. */
async function stubborn(bench: Bench): Promise<Vault> {
  const vault = await bench.vault();
  const parts: Partial<Vault> = {
    survey: () => vault.survey(),
    claim: (name) => vault.claim(name),
    clientSecret: (id, client) => vault.clientSecret(id, client),
    async forget(name) {
      if (name.label !== "two") return vault.forget(name);
      throw new Failed("Cannot use the vault: the disk is full", { code: "store_full" });
    },
  };
  return parts as Vault;
}

test("a failure midway tells which accounts are logged out already", async () => {
  await using provider = startProvider();
  await using bench = await createBench({ acme: entryAt(provider.origin) });
  for (const label of ["one", "two", "zwei"]) {
    await bench.save({ provider: "acme", label }, sessionAt(provider.origin, 600));
  }
  const vault = await stubborn(bench);
  const context: Partial<Context> = {
    services: { ...bench.services, vault: async () => vault },
    signal: new AbortController().signal,
  };
  const flags = { all: true, localOnly: false, json: true };
  const failure = await failureOf(() => run(context as Context, flags));
  expect(failure).toMatchObject({
    exitStatus: 1,
    code: "store_full",
    hint: expect.stringContaining("--local"),
  });
  if (!(failure instanceof KeyfobError)) throw failure;
  expect(errorFields(failure)).toMatchObject({
    message: expect.stringContaining('"acme/two" was revoked at the provider'),
    logged_out: [{ provider: "acme", account: "one", forgotten: true, revoked: true, reason: null }],
  });
});
