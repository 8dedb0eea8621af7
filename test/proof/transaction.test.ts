/**
 * The refresh transaction against a provider that rotates refresh tokens and ends the session at a reuse.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { readToken } from "../drivers/login.ts";
import { commonToken, expiredScene, ROUNDS, type Scene, startWorker, until, type Worker } from "./crowd.ts";

/** Processes of the one big crowd. */
const CROWD = 200;
/** Processes of a round with accidents. */
const ROUND_CROWD = 10;

function rounds(): number[] {
  return Array.from({ length: ROUNDS }, (_, index) => index + 1);
}

function startRound(scene: Scene, options: Parameters<typeof startWorker>[1] = {}): Worker[] {
  return Array.from({ length: ROUND_CROWD }, () => startWorker(scene, options));
}

test("200 processes at once on an expired token cause one refresh and print 200 good tokens (STANDARDS 19)", async () => {
  await using scene = await expiredScene(300);
  const asked = Array.from({ length: CROWD }, () => scene.sandbox.run(["token", "local"]));
  await commonToken(scene, await Promise.all(asked));
  expect(scene.server.count("refresh_token")).toBe(1);
});

test.each(rounds())("round %i: clocks that differ by up to 20 minutes cause one refresh", async () => {
  await using scene = await expiredScene(300);
  const skews = Array.from({ length: ROUND_CROWD }, (_, index) => (index / ROUND_CROWD) * 20 * 60_000);
  const workers = skews.map((skew) => startWorker(scene, { skew }));
  await commonToken(scene, await Promise.all(workers.map(({ outcome }) => outcome)));
  expect(scene.server.count("refresh_token")).toBe(1);
});

test.each(rounds())(
  "round %i: a holder stopped past its lease with its request under way loses nothing",
  async () => {
    await using scene = await expiredScene(200);
    const holder = startWorker(scene, { lease: 1000 });
    await until(() => scene.arrived() === 1);
    process.kill(holder.pid, "SIGSTOP");
    const others = startRound(scene, { lease: 1000 });
    await Bun.sleep(1600);
    process.kill(holder.pid, "SIGCONT");
    const outcomes = await Promise.all([holder, ...others].map(({ outcome }) => outcome));
    await commonToken(scene, outcomes);
    expect(scene.server.count("refresh_token")).toBe(1);
  },
);

test.each(rounds())(
  "round %i: a holder stopped past its lease before its request sends nothing when it wakes",
  async () => {
    await using scene = await expiredScene(0);
    const holder = startWorker(scene, { lease: 600, task: "stop" });
    await until(() => isStopped(holder.pid));
    const others = startRound(scene, { lease: 600 });
    const tokens = await Promise.all(others.map(({ outcome }) => outcome));
    process.kill(holder.pid, "SIGCONT");
    await commonToken(scene, [...tokens, await holder.outcome]);
    expect(scene.server.count("refresh_token")).toBe(1);
  },
);

test("who waits for a stopped holder gives up in time, says which process it is, and changes nothing", async () => {
  await using scene = await expiredScene(100);
  const holder = startWorker(scene, { lease: 300 });
  await until(() => scene.arrived() === 1);
  process.kill(holder.pid, "SIGSTOP");
  const { status, stderr } = await startWorker(scene, { lease: 300 }).outcome;
  expect(status).toBe(3);
  expect(stderr).toContain(`process ${holder.pid}, which is stopped, has been at it for too long`);
  process.kill(holder.pid, "SIGCONT");
  await commonToken(scene, [await holder.outcome]);
  expect(scene.server.count("refresh_token")).toBe(1);
});

test.each(rounds())(
  "round %i: kill -9 of holders at random moments loses nothing that was answered",
  async () => {
    await using scene = await expiredScene(60);
    const workers = startRound(scene);
    const killed = await killHolders(scene, workers, Math.random() * 120);
    const outcomes = await Promise.all(
      workers.filter(({ pid }) => !killed.has(pid)).map(({ outcome }) => outcome),
    );
    // Cut off before the answer was stored: the provider has rotated, or not, and nobody here can know. One try is made.
    const cutOff = outcomes.filter(({ stderr }) => stderr.includes("an earlier refresh was cut off"));
    if (cutOff.length > 0) {
      expect(killed.size).toBeGreaterThan(0);
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([4]));
      expect(scene.server.count("refresh_token")).toBe(2);
      return;
    }
    await commonToken(scene, outcomes);
    expect(await readToken(scene.sandbox, ["local"])).toBe(outcomes[0]?.stdout.trim() ?? "");
    expect(scene.server.count("refresh_token")).toBeLessThanOrEqual(1 + killed.size);
  },
);

/** Kills whoever holds the lease `milliseconds` after it was first taken. */
async function killHolders(
  scene: Scene,
  workers: readonly Worker[],
  milliseconds: number,
): Promise<Set<number>> {
  using database = new Database(join(scene.sandbox.home, "vault.db"), { readwrite: true });
  const holder = (): number | undefined => {
    const query = database.query<{ lease_holder: string | null }, []>("SELECT lease_holder FROM account");
    const text = query.get()?.lease_holder;
    return text ? (JSON.parse(text) as { pid: number }).pid : undefined;
  };
  await until(() => holder() !== undefined || scene.server.count("refresh_token") > 0);
  await Bun.sleep(milliseconds);
  const victim = workers.find(({ pid }) => pid === holder());
  if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
  return new Set(victim === undefined ? [] : [victim.pid]);
}

async function isStopped(pid: number): Promise<boolean> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text();
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}
