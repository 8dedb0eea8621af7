/**
 * Several machines that share one PostgreSQL store.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { commonToken, expiredScene, ROUNDS, type Scene, until } from "./crowd.ts";

/** Machines, and processes on each. */
const [MACHINES, PROCESSES] = [4, 50];

let postgres: PostgresServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keyfob-fleet-"));
  await Bun.write(join(folder, "key"), crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function storeEnvironment(): Promise<Record<string, string>> {
  return { KEYFOB_STORE: await postgres.freshDatabase(), KEYFOB_KEY_FILE: join(folder, "key") };
}

async function machinesLike({ sandbox, server }: Scene): Promise<Sandbox[]> {
  const others = await Promise.all(
    Array.from({ length: MACHINES - 1 }, async () => {
      const { KEYFOB_STORE = "", KEYFOB_KEY_FILE = "" } = sandbox.environment;
      const machine = await createSandbox({ KEYFOB_STORE, KEYFOB_KEY_FILE });
      await machine.writeRegistry({ local: publicEntry(server) });
      return machine;
    }),
  );
  return [sandbox, ...others];
}

test.each(Array.from({ length: Math.ceil(ROUNDS / 3) }, (_, index) => index + 1))(
  "round %i: 4 machines with 50 processes each and a restart of the server in the middle cause one refresh",
  async () => {
    await using scene = await expiredScene(1500, await storeEnvironment());
    const machines = await machinesLike(scene);
    const asked: Promise<Outcome>[] = machines.flatMap((machine) =>
      Array.from({ length: PROCESSES }, () => machine.run(["token", "local"])),
    );
    await until(() => scene.arrived() > 0);
    await postgres.restart();
    await commonToken(scene, await Promise.all(asked));
    expect(scene.server.count("refresh_token")).toBe(1);
    await Promise.all(machines.slice(1).map((machine) => machine[Symbol.asyncDispose]()));
  },
);

test("a login on one machine is there on the others, and no vault is made on either", async () => {
  await using server = await startOidcServer();
  const environment = await storeEnvironment();
  await using one = await createSandbox(environment);
  await using two = await createSandbox(environment);
  for (const machine of [one, two]) await machine.writeRegistry({ local: publicEntry(server) });
  expect((await two.run(["status", "--json"])).stdout).toBe("[]\n");
  expect((await logIn(one, ["local"])).status).toBe(0);
  expect(await readToken(two, ["local"])).toBe(await readToken(one, ["local"]));
  expect((await two.run(["rename", "local", "local/shared"])).status).toBe(0);
  expect((await one.run(["token", "local"])).status).toBe(4);
  for (const { home } of [one, two]) expect(existsSync(join(home, "vault.db"))).toBe(false);
});

test("another key than the store's is refused, and so is none", async () => {
  await using server = await startOidcServer();
  const environment = await storeEnvironment();
  await using one = await createSandbox(environment);
  await one.writeRegistry({ local: publicEntry(server) });
  expect((await logIn(one, ["local"])).status).toBe(0);
  const other = join(folder, "other");
  await Bun.write(other, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
  const wrong = await one.run(["token", "local", "--json"], { environment: { KEYFOB_KEY_FILE: other } });
  expect([wrong.status, JSON.parse(wrong.stdout).error.code]).toEqual([2, "wrong_key"]);
  const none = await one.run(["token", "local", "--json"], { environment: { KEYFOB_KEY_FILE: "" } });
  expect([none.status, JSON.parse(none.stdout).error.code]).toEqual([2, "key_missing"]);
});

test("a server that is not there: exit 3 without the password; a bad address: exit 2 without the password", async () => {
  await using sandbox = await createSandbox();
  const refused = await sandbox.run(["status"], {
    environment: { KEYFOB_STORE: "postgres://me:pass-word-1@127.0.0.1:1/x" },
  });
  expect(refused.status).toBe(3);
  expect(refused.stderr).toContain("postgres://127.0.0.1:1/x");
  const bad = await sandbox.run(["status"], {
    environment: { KEYFOB_STORE: "postgres://me:pass-word-1@127.0.0.1/x?sslmode=maybe" },
  });
  expect(bad.status).toBe(2);
  expect(refused.stderr + bad.stderr).not.toContain("pass-word-1");
});

test("doctor names the PostgreSQL store without its user and password; a bad address is shown as none", async () => {
  await using sandbox = await createSandbox(await storeEnvironment());
  const address = new URL(sandbox.environment["KEYFOB_STORE"]!);
  const shown = `postgres://${address.host}${address.pathname}`;
  const secret = address.href.replace("@", ":pass-word-1@");
  const { stdout } = await sandbox.run(["doctor", "--json"], { environment: { KEYFOB_STORE: secret } });
  const report = JSON.parse(stdout) as {
    store: string | null;
    checks: { subject: string; message: string }[];
  };
  expect(report.store).toBe(shown);
  expect(report.checks.find(({ subject }) => subject === "store")?.message).toBe(`0 accounts in "${shown}"`);
  expect(stdout).not.toContain("pass-word-1");
  const bad = await sandbox.run(["doctor", "--json"], {
    environment: { KEYFOB_STORE: `${secret}?sslmode=maybe` },
  });
  expect((JSON.parse(bad.stdout) as typeof report).store).toBeNull();
  expect(bad.stdout).not.toContain("pass-word-1");
});

test("a server off this machine must prove its name; an untrusted certificate is refused", async () => {
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "cert.key")];
  const subject = ["-subj", "/CN=db.test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
  ];
  const { exitCode } = Bun.spawnSync([
    "openssl",
    ...request,
    ...subject,
    "-keyout",
    key,
    "-out",
    certificate,
  ]);
  expect(exitCode).toBe(0);
  await using encrypted = await startPostgres({ tls: { certificate, key } });
  const address = await encrypted.freshDatabase();
  await using sandbox = await createSandbox();
  const status = (parameters: string): Promise<Outcome> =>
    sandbox.run(["status", "--json"], { environment: { KEYFOB_STORE: `${address}?${parameters}` } });
  const untrusted = await status("sslmode=verify-full");
  expect([untrusted.status, JSON.parse(untrusted.stdout).error.code]).toEqual([2, "store_untrusted"]);
  const trusted = await status(`sslmode=verify-full&sslrootcert=${certificate}`);
  expect([trusted.status, trusted.stdout]).toEqual([0, "[]\n"]);
  const blind = await status("sslmode=require");
  expect(blind.stderr).toContain("the server's certificate is not checked");
});

test("store copy moves logins and secrets to PostgreSQL and back, and each works in one place only (STANDARDS 19)", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local/a"]);
  await logIn(sandbox, ["local/b"]);
  const fleet = { environment: await storeEnvironment() };
  const address = { environment: { KEYFOB_STORE: fleet.environment["KEYFOB_STORE"] ?? "" } };
  const there = await sandbox.run(["store", "copy", "file", "postgres", "--json"], address);
  expect(JSON.parse(there.stdout)).toMatchObject({
    accounts: [
      { account: "a", result: "copied" },
      { account: "b", result: "copied" },
    ],
  });
  const again = await sandbox.run(["store", "copy", "file", "postgres", "--json"], address);
  expect(JSON.parse(again.stdout).accounts).toMatchObject([{ result: "there" }, { result: "there" }]);
  expect((await sandbox.run(["refresh", "local/a"], address)).status).toBe(0);
  const here = await sandbox.run(["refresh", "local/a", "--json"]);
  expect([here.status, JSON.parse(here.stdout).error.code]).toEqual([4, "exported"]);
  const back = await sandbox.run(["store", "copy", "postgres", "file", "--json"], address);
  expect(JSON.parse(back.stdout).accounts).toMatchObject([{ result: "copied" }, { result: "copied" }]);
  expect((await sandbox.run(["refresh", "local/a"])).status).toBe(0);
  expect((await sandbox.run(["refresh", "local/a"], address)).status).toBe(4);
  const same = await sandbox.run(["store", "copy", "file", "file", "--json"]);
  expect([same.status, JSON.parse(same.stdout).error.code]).toEqual([2, "same_store"]);
});
