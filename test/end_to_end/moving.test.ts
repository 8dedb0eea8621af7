/**
 * A login moves to another machine: sealed on the way, used in one place at a time.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { POST_CLIENT, startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let laptop: Sandbox;
let vps: Sandbox;

beforeEach(async () => {
  server = await startOidcServer();
  [laptop, vps] = await Promise.all([createSandbox(), createSandbox()]);
  await Promise.all([laptop, vps].map((machine) => machine.writeRegistry({ local: publicEntry(server) })));
  await logIn(laptop, ["local/work"]);
});

afterEach(async () => {
  await Promise.all([laptop, vps, server].map((part) => part[Symbol.asyncDispose]()));
});

async function good(outcome: Promise<Outcome>): Promise<string> {
  const { status, stdout, stderr } = await outcome;
  if (status !== 0) throw new Error(`It ended with ${status}: ${stderr}`);
  return stdout;
}

async function exportToVps(...flags: string[]): Promise<string> {
  const key = (await good(vps.run(["key", "show"]))).trim();
  return good(laptop.run(["export", "local/work", "--to", key, ...flags]));
}

async function refusal(outcome: Promise<Outcome>): Promise<[status: number, code: string]> {
  const { status, stdout } = await outcome;
  return [status, (JSON.parse(stdout) as { error: { code: string } }).error.code];
}

test("key show prints one age public key, the same every time", async () => {
  const keys = await Promise.all([1, 2, 3].map(() => good(vps.run(["key", "show"]))));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^age1[0-9a-z]+\n$/);
  expect(JSON.parse(await good(vps.run(["key", "show", "--json"])))).toEqual({ key: keys[0]?.trim() });
});

test("an exported login works on the other machine, and here nobody refreshes it any more (STANDARDS 19)", async () => {
  const parcel = await exportToVps();
  expect([...server.secrets].filter((secret) => parcel.includes(secret))).toEqual([]);
  const token = await readToken(laptop, ["local/work"]);
  const receipt = await good(vps.run(["import"], { input: parcel }));
  expect(await readToken(vps, ["local/work"])).toBe(token);
  await good(vps.run(["refresh", "local/work"]));
  const { status, stderr } = await laptop.run(["refresh", "local/work"]);
  expect(status).toBe(4);
  expect(stderr).toContain("keyfob export local/work --confirm RECEIPT");
  expect(server.count("refresh_token")).toBe(1);
  const wrong = laptop.run(["export", "local/work", "--confirm", "0000-0000", "--json"]);
  expect(await refusal(wrong)).toEqual([2, "wrong_receipt"]);
  await good(laptop.run(["export", "local/work", "--confirm", receipt.trim()]));
  expect(JSON.parse(await good(laptop.run(["status", "--json"])))).toEqual([]);
  await good(vps.run(["refresh", "local/work"]));
});

test("status shows an exported login as exported", async () => {
  await exportToVps();
  const [status] = JSON.parse(await good(laptop.run(["status", "--json"])));
  expect(status).toMatchObject({ state: "exported", refreshable: false });
  expect(await good(laptop.run(["status"]))).toContain("exported");
});

test("an export that never arrived is taken back", async () => {
  await exportToVps();
  await good(laptop.run(["export", "local/work", "--cancel"]));
  await good(laptop.run(["refresh", "local/work"]));
  expect(await refusal(laptop.run(["export", "local/work", "--cancel", "--json"]))).toEqual([
    2,
    "not_exported",
  ]);
});

test("an export whose text was lost is given again, with the same receipt", async () => {
  await exportToVps();
  const receipt = await good(vps.run(["import"], { input: await exportToVps() }));
  await good(laptop.run(["export", "local/work", "--confirm", receipt]));
});

test("--keep leaves the login in use here, and the import prints no receipt", async () => {
  const parcel = await exportToVps("--keep");
  expect(await good(vps.run(["import"], { input: parcel }))).toBe("");
  await good(laptop.run(["refresh", "local/work"]));
});

test("a parcel for another machine, a torn one and no key at all are refused, and nothing is changed", async () => {
  const parcel = await exportToVps();
  await good(laptop.run(["export", "local/work", "--cancel"]));
  expect(await refusal(laptop.run(["import", "--as", "x", "--json"], { input: parcel }))).toEqual([
    2,
    "foreign_parcel",
  ]);
  expect(await refusal(vps.run(["import", "--json"], { input: parcel.slice(0, -60) }))).toEqual([
    2,
    "bad_parcel",
  ]);
  const nobody = laptop.run(["export", "local/work", "--to", "age1nobody", "--json"]);
  expect(await refusal(nobody)).toEqual([2, "bad_recipient"]);
  const own = (await good(laptop.run(["key", "show"]))).trim();
  for (const flags of [[], ["--keep"]]) {
    const toItself = laptop.run(["export", "local/work", "--to", own, ...flags, "--json"]);
    expect(await refusal(toItself)).toEqual([2, "own_key"]);
  }
  await good(laptop.run(["refresh", "local/work"]));
});

test("export and import as JSON, under another label", async () => {
  const key = (await good(vps.run(["key", "show"]))).trim();
  const parcel = await good(laptop.run(["export", "local/work", "--to", key, "--json"]));
  const json = JSON.parse(parcel) as { parcel: string; kept: boolean };
  expect(json.kept).toBe(false);
  const imported = JSON.parse(
    await good(vps.run(["import", "--as", "moved", "--json"], { input: json.parcel })),
  );
  expect(imported).toMatchObject({ provider: "local", account: "moved", receipt: expect.any(String) });
  await good(vps.run(["refresh", "local/moved"]));
});

test("a client that the vault keeps the secret of moves along: the other machine refreshes and revokes with it", async () => {
  const secretFile = join(laptop.folder, "secret");
  await Bun.write(secretFile, POST_CLIENT.secret, { mode: 0o600 });
  const client = ["--client-id", POST_CLIENT.id, "--client-secret-file", secretFile];
  const entry = {
    issuer: server.issuer,
    scopes: ["openid", "offline_access"],
    client_secret_use: "required",
  };
  const posting = { ...entry, token_endpoint_auth_methods_supported: ["client_secret_post"] };
  // As a built-in provider is: both machines know it, and the laptop alone was told of a client.
  await Promise.all([laptop, vps].map((machine) => machine.writeRegistry({ acme: posting })));
  await good(laptop.run(["providers", "add", "acme", ...client]));
  await logIn(laptop, ["acme"]);
  const key = (await good(vps.run(["key", "show"]))).trim();
  const parcel = await good(laptop.run(["export", "acme", "--to", key]));
  await rm(laptop.folder, { recursive: true });
  await good(vps.run(["import"], { input: parcel }));
  await good(vps.run(["refresh", "acme"]));
  expect((await server.userinfo(await readToken(vps, ["acme"]))).status).toBe(200);
  const sent = server.seen.filter(({ parameters }) => parameters["grant_type"] === "refresh_token");
  expect(sent.map(({ parameters }) => parameters["client_secret"])).toEqual([POST_CLIENT.secret]);
  const [ended] = JSON.parse(await good(vps.run(["logout", "acme", "--json"]))) as { revoked: boolean }[];
  expect(ended?.revoked).toBe(true);
});
