/**
 * Many processes at one vault, some of which are killed.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { attemptWith, GOOGLE, Home, sessionWith, until, WORK } from "./fixtures.ts";
import { httpRefresher } from "./http_refresher.ts";
import { ProviderServer } from "./provider_server.ts";
import { outputOf, runWorkers, startCrampedWorker, startWorker } from "./workers.ts";

async function homeWithExpiredLogin(): Promise<Home> {
  const home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(-10));
  await vault.close();
  return home;
}

test("fresh() in 20 processes at once sends one refresh, and all 20 get the new token", async () => {
  using home = await homeWithExpiredLogin();
  await using provider = new ProviderServer();
  provider.delay = 200;
  const tokens = await runWorkers(20, home.paths.dataFolder, "fresh", provider.url);
  expect(tokens).toEqual(Array.from({ length: 20 }, () => "access-2"));
  expect(provider.requests).toBe(1);
});

test("fresh() takes the lease of a killed holder at once and uses the answer it journalled, without a request (STANDARDS 19)", async () => {
  using home = await homeWithExpiredLogin();
  await using provider = new ProviderServer();
  const holder = startWorker(home.paths.dataFolder, "stopAfterJournal", provider.url);
  await firstChunk(holder.stdout);
  process.kill(holder.pid, "SIGKILL");
  await holder.exited;
  const started = Date.now();
  expect(await outputOf(startWorker(home.paths.dataFolder, "fresh", provider.url))).toBe("access-2");
  expect(Date.now() - started).toBeLessThan(4000);
  expect(provider.requests).toBe(1);
  expect((await (await home.open()).find(GOOGLE))?.session.tokens.refreshToken).toBe("refresh-2");
});

test("fresh() after a holder was killed before its answer came tries the old token once, and says what happened", async () => {
  using home = await homeWithExpiredLogin();
  await using provider = new ProviderServer();
  provider.silent = true;
  const holder = startWorker(home.paths.dataFolder, "fresh", provider.url);
  await until(() => provider.requests === 1);
  process.kill(holder.pid, "SIGKILL");
  await holder.exited;
  const vault = await home.open();
  const refused = vault.fresh(GOOGLE, { minValidSeconds: 60, refresher: httpRefresher(provider.url) });
  await expect(refused).rejects.toMatchObject({
    code: "login_ended",
    exitStatus: 4,
    hint: "keyfob login google",
  });
  expect(provider.requests).toBe(2);
  const account = await vault.find(GOOGLE);
  expect(account?.state).toBe("dead");
  expect(account?.reason).toContain("an earlier refresh was cut off before its answer was stored");
});

test("fresh() after a holder was killed goes on where the provider still takes the old token", async () => {
  using home = await homeWithExpiredLogin();
  await using dead = new ProviderServer();
  dead.silent = true;
  const holder = startWorker(home.paths.dataFolder, "fresh", dead.url);
  await until(() => dead.requests === 1);
  process.kill(holder.pid, "SIGKILL");
  await holder.exited;
  await using provider = new ProviderServer();
  expect(await outputOf(startWorker(home.paths.dataFolder, "fresh", provider.url))).toBe("access-2");
});

test("save() in 20 processes at once creates one store with one key, and keeps all 20 logins", async () => {
  using home = new Home();
  const labels = Array.from({ length: 20 }, (_, index) => `label-${String(index).padStart(2, "0")}`);
  const workers = labels.map((label) => startWorker(home.paths.dataFolder, "save", label));
  await Promise.all(workers.map(outputOf));
  const vault = await home.open();
  expect((await vault.list()).map(({ name }) => name.label)).toEqual(labels);
  await vault.close();
  expect(readdirSync(home.paths.dataFolder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("save() in 10 processes for one name keeps one account", async () => {
  using home = new Home();
  expect(await runWorkers(10, home.paths.dataFolder, "save", "same")).toEqual(Array(10).fill("saved"));
  expect(await (await home.open()).list()).toHaveLength(1);
});

test("claimAttempt() gives an attempt to one of 10 processes (STANDARDS 14)", async () => {
  using home = new Home();
  const vault = await home.open();
  await vault.keepAttempt(attemptWith("state-1"));
  const answers = await runWorkers(10, home.paths.dataFolder, "claim", "state-1");
  expect(answers.filter((answer) => answer === "state-1")).toHaveLength(1);
  expect(answers.filter((answer) => answer.startsWith("attempt_used"))).toHaveLength(9);
});

test("save() on a full disk says that the login is not stored, and what stood there stays", async () => {
  using home = await homeWithExpiredLogin();
  const output = await outputOf(startCrampedWorker(64, home.paths.dataFolder, "saveLarge", "work"));
  expect(output).toMatch(/^store_(?:full|io) Cannot store the login "google\/work": it is not kept\. /);
  const vault = await home.open();
  expect((await vault.list()).map(({ name }) => name.label)).toEqual(["default"]);
  await vault.save(WORK, sessionWith(60));
  expect(await vault.list()).toHaveLength(2);
});

/** The first bytes of a stream that stays open. */
async function firstChunk(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new Uint8Array(value ?? []);
}
