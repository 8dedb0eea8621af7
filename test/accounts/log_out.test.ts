/**
 * Logging out: revoked there, forgotten here, whatever the provider says.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { logOut } from "../../src/accounts/log_out.ts";
import { Failed } from "../../src/errors.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { type Bench, createBench, entryAt, sessionAt, startProvider, type TestProvider } from "./fixtures.ts";

const ACME = { provider: "acme", label: "default" };

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

async function loggedIn(entry: object = {}): Promise<Bench> {
  const bench = await createBench({ acme: entryAt(provider.origin, entry) });
  await bench.save(ACME, sessionAt(provider.origin, 600));
  return bench;
}

async function isForgotten(bench: Bench): Promise<boolean> {
  return (await (await bench.vault()).find(ACME)) === undefined;
}

test("the refresh token is revoked, and the login forgotten (STANDARDS 55, 56)", async () => {
  await using bench = await loggedIn();
  expect(await logOut(bench.services, ACME, { localOnly: false })).toEqual({ name: ACME, revoked: true });
  expect(provider.seen[0]?.form).toMatchObject({ token: "stored-refresh" });
  expect(await isForgotten(bench)).toBe(true);
});

test("--local asks nobody", async () => {
  await using bench = await loggedIn();
  expect(await logOut(bench.services, ACME, { localOnly: true })).toEqual({ name: ACME, revoked: null });
  expect(provider.seen).toEqual([]);
  expect(await isForgotten(bench)).toBe(true);
});

test("a provider that offers no way is asked nothing, and no reason is needed", async () => {
  await using bench = await loggedIn({ revocation_endpoint: undefined });
  expect(await logOut(bench.services, ACME, { localOnly: false })).toEqual({ name: ACME, revoked: null });
  expect(await isForgotten(bench)).toBe(true);
});

test.each([400, 503])(
  "a provider that answers %d does not keep the login here, and the reason is told (STANDARDS 56)",
  async (status) => {
    await using bench = await loggedIn();
    provider.answers["/revoke"] = () => Response.json({ error: "no" }, { status });
    const { revoked, reason } = await logOut(bench.services, ACME, { localOnly: false });
    expect(revoked).toBe(false);
    expect(reason).toContain(status === 400 ? "no" : "503");
    expect(reason).not.toContain("stored-");
    expect(await isForgotten(bench)).toBe(true);
  },
);

test("a registry that moved is told no token, and the login is forgotten (SAFETY.md)", async () => {
  await using bench = await loggedIn();
  await using elsewhere = startProvider();
  await bench.write({ acme: entryAt(elsewhere.origin) });
  const { revoked, reason } = await logOut(bench.services, ACME, { localOnly: false });
  expect(revoked).toBe(false);
  expect(reason).toContain(elsewhere.origin);
  expect([...provider.seen, ...elsewhere.seen]).toEqual([]);
  expect(await isForgotten(bench)).toBe(true);
});

test("a provider that left the registry does not keep the login here", async () => {
  await using bench = await loggedIn();
  await bench.write({});
  expect(await logOut(bench.services, ACME, { localOnly: false })).toMatchObject({ revoked: false });
  expect(await isForgotten(bench)).toBe(true);
});

test("nobody there: a login is needed", async () => {
  await using bench = await createBench({});
  expect(await failureOf(() => logOut(bench.services, ACME, { localOnly: false }))).toMatchObject({
    code: "unknown_account",
    exitStatus: 4,
  });
});

/** What the vault says where nothing can be written. */
async function readOnly(): Promise<never> {
  throw new Failed("Cannot use the vault: it is read-only", { code: "store_read_only" });
}

/** The services of `bench` with a vault of which some methods fail. */
async function withVault(bench: Bench, broken: Partial<Vault>): Promise<Bench["services"]> {
  const vault = await bench.vault();
  const parts: Partial<Vault> = {
    survey: () => vault.survey(),
    claim: (name) => vault.claim(name),
    forget: (name) => vault.forget(name),
    clientSecret: (id, client) => vault.clientSecret(id, client),
    ...broken,
  };
  return { ...bench.services, vault: async () => parts as Vault };
}

test("where the store cannot be written, nothing is revoked", async () => {
  await using bench = await loggedIn();
  const services = await withVault(bench, { claim: readOnly });
  const failure = await failureOf(() => logOut(services, ACME, { localOnly: false }));
  expect(failure).toMatchObject({ code: "store_read_only", exitStatus: 1 });
  expect(provider.seen).toEqual([]);
  expect(await isForgotten(bench)).toBe(false);
});

test("where forgetting fails after revoking, the failure says that it was revoked and is still listed", async () => {
  await using bench = await loggedIn();
  const services = await withVault(bench, { forget: readOnly });
  const failure = await failureOf(() => logOut(services, ACME, { localOnly: false }));
  expect(failure).toMatchObject({ code: "store_read_only", hint: expect.stringContaining("--local") });
  expect(failure.message).toContain('"acme" was revoked at the provider, but is still listed here');
  expect(provider.asked()).toEqual(["/revoke"]);
});

test("a login that cannot be read any more is forgotten, and the reason is told", async () => {
  await using bench = await loggedIn();
  const database = new Database(join(bench.home, "vault.db"), { readwrite: true });
  database.run("UPDATE account SET sealed = substr(sealed, 1, 40)");
  database.close();
  const { revoked, reason } = await logOut(bench.services, ACME, { localOnly: false });
  expect(revoked).toBe(false);
  expect(reason).toContain("Cannot open a sealed record");
  expect(provider.seen).toEqual([]);
  expect(await isForgotten(bench)).toBe(true);
});
