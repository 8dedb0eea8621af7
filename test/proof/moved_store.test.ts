/**
 * A program that runs on while another process exchanges the damaged store beneath it.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type OidcServer, startOidcServer } from "../servers/oidc.ts";
import { breakPage } from "../vault/broken_stores.ts";
import { commonToken, expiredScene, startWorker, until } from "./crowd.ts";

let server: OidcServer;

beforeAll(async () => {
  server = await startOidcServer();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A child of `keyfob run --serve` that asks for its token whenever it is told to. */
interface Child extends AsyncDisposable {
  /** What the endpoint answers. */
  ask(): Promise<{ readonly access_token?: string; readonly error?: { readonly code: string } }>;
  /** Lets it end; its exit status and what was said on standard error. */
  end(): Promise<{ readonly status: number; readonly stderr: string }>;
}

const SCRIPT = `
  while read -r line; do
    curl --silent -H "Authorization: Bearer $KEYFOB_TOKEN_SECRET" "$KEYFOB_TOKEN_URL"; echo
  done`;

async function startChild(sandbox: Sandbox): Promise<Child> {
  const running = await sandbox.start(["run", "local", "--serve", "--", "sh", "-c", SCRIPT]);
  let asked = 0;
  return {
    ask: async () => {
      running.write("\n");
      await until(() => running.stdout.text.split("\n").length > asked + 1);
      return JSON.parse(running.stdout.text.split("\n")[asked++] ?? "");
    },
    end: () => {
      running.endInput();
      return running.outcome;
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function machine(): Promise<Sandbox> {
  const sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
  return sandbox;
}

const DAMAGES: readonly (readonly [how: string, broken: (vaultFile: string) => Promise<void>])[] = [
  [
    "its logins can be read",
    (vaultFile) => breakPage({ paths: { vaultFile } }, "sqlite_autoindex_account_2"),
  ],
  [
    "nothing of it can be read",
    async (vaultFile) => writeFileSync(vaultFile, readFileSync(vaultFile).fill(0xa5, 4096)),
  ],
];

test.each(DAMAGES)(
  "the child of run --serve gets tokens before and after a login exchanges the damaged store: %s",
  async (_, broken) => {
    server.accessTokenSeconds = 63;
    await using sandbox = await machine();
    await using child = await startChild(sandbox);
    const before = await child.ask();
    expect((await server.userinfo(before.access_token ?? "")).status).toBe(200);
    await broken(join(sandbox.home, "vault.db"));
    expect((await logIn(sandbox, ["local/other"])).status).toBe(0);
    const isThere = (await sandbox.run(["status", "local"])).status === 0;
    if (!isThere) expect((await logIn(sandbox, ["local"])).status).toBe(0);
    expect(asides(sandbox)).toHaveLength(1);
    // By now the first token is too old to be handed out: the second asks for a write to the store.
    await Bun.sleep(3500);
    server.accessTokenSeconds = 3600;
    const after = await child.ask();
    expect((await server.userinfo(after.access_token ?? "")).status).toBe(200);
    expect(after.access_token).not.toBe(before.access_token);
    expect(await readToken(sandbox, ["local"])).toBe(after.access_token ?? "");
    expect(await child.end()).toMatchObject({ status: 0, stderr: "" });
    // The refresh token that came with it is in the new store, and not spent.
    expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
  },
);

test("a token that was forgotten in the new store is not handed out from the old one", async () => {
  server.accessTokenSeconds = 3600;
  await using sandbox = await machine();
  await using child = await startChild(sandbox);
  const { access_token: token } = await child.ask();
  expect(token).toBe(await readToken(sandbox, ["local"]));
  await breakPage({ paths: { vaultFile: join(sandbox.home, "vault.db") } }, "sqlite_autoindex_account_2");
  expect((await logIn(sandbox, ["local/other"])).status).toBe(0);
  expect(asides(sandbox)).toHaveLength(1);
  expect((await child.ask()).access_token).toBe(token);
  expect((await sandbox.run(["logout", "local", "--local"])).status).toBe(0);
  expect(await child.ask()).toMatchObject({ error: { code: "unknown_account" } });
  await child.end();
});

test("a holder that was stopped with its request under way, while a login exchanged the store: its answer is stored", async () => {
  await using scene = await expiredScene(200);
  const { sandbox } = scene;
  const holder = startWorker(scene, { lease: 1500 });
  await until(() => scene.arrived() === 1);
  process.kill(holder.pid, "SIGSTOP");
  await breakPage({ paths: { vaultFile: join(sandbox.home, "vault.db") } }, "sqlite_autoindex_account_2");
  const { status, stderr } = await sandbox.run(["login", "local/other", "--begin"]);
  expect([status, stderr]).toEqual([0, expect.stringContaining("can still be read")]);
  expect(asides(sandbox)).toHaveLength(1);
  process.kill(holder.pid, "SIGCONT");
  const token = await commonToken(scene, [await holder.outcome]);
  expect(await readToken(sandbox, ["local"])).toBe(token);
  expect(scene.server.count("refresh_token")).toBe(1);
  expect((await sandbox.run(["refresh", "local"])).status).toBe(0);
});

test("nothing but the damaged store is left behind by its exchange, beside the space that a login sets aside", async () => {
  await using sandbox = await machine();
  await breakPage({ paths: { vaultFile: join(sandbox.home, "vault.db") } }, "sqlite_autoindex_account_2");
  expect((await logIn(sandbox, ["local/other"])).status).toBe(0);
  const [aside = ""] = asides(sandbox);
  expect(readdirSync(sandbox.home).toSorted()).toEqual(
    ["key", "providers.json", "vault.db", "vault.db.reserve", aside].toSorted(),
  );
});

/** Without logs. */
function asides({ home }: Sandbox): string[] {
  return readdirSync(home).filter((name) => /\.damaged-\d+T\d+Z$/.test(name));
}
