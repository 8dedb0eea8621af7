/**
 * Nothing rotated is lost, and nobody overwrites what another saved.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { ConfigurationError, Failed, Unavailable } from "../../src/errors.ts";
import type { Refresher } from "../../src/vault/refresher.ts";
import { GOOGLE, Home, sessionWith, until, WORK } from "./fixtures.ts";
import { endOfGrant, fresh, journalThenFail, renewed, Script, vaultWith } from "./script.ts";

/** Milliseconds after which even a process that lives has lost its lease: it was stopped, or hangs. */
const OUTLIVED = 11 * 60_000;

test("fresh() reads an answer that was journalled but not saved, without a request", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const cut = new Script(journalThenFail("refresh-9", new Unavailable("Cannot fetch the keys")));
  await expect(fresh(vault, cut)).rejects.toMatchObject({ exitStatus: 3 });
  expect(cut.requests).toBe(1);
  const next = new Script();
  const result = await fresh(vault, next);
  expect(result).toMatchObject({ refreshed: true });
  expect(result.account.session.tokens.refreshToken).toBe("refresh-9");
  expect([next.requests, next.recovered]).toEqual([0, 1]);
});

test("fresh() sets an unreadable journalled answer aside and tries the old token once", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  await expect(fresh(vault, new Script(journalThenFail("rubbish", new Error("killed"))))).rejects.toThrow(
    "killed",
  );
  const next = new Script();
  expect((await fresh(vault, next)).refreshed).toBe(true);
  expect([next.requests, next.recovered]).toEqual([1, 1]);
});

test("fresh() does not read an answer again that was judged to be a refusal", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const refused = new ConfigurationError("Cannot refresh: the client is unknown");
  await expect(fresh(vault, new Script(journalThenFail("error", refused)))).rejects.toMatchObject({
    exitStatus: 2,
  });
  const next = new Script();
  expect((await fresh(vault, next)).refreshed).toBe(true);
  expect([next.requests, next.recovered]).toEqual([1, 0]);
});

test("fresh() keeps the refresh token of an answer that failed a check, and never hands its access token out", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const failure = new Failed("Cannot trust the answer: another person", { code: "subject_changed" });
  const doubtful: Refresher = {
    refresh: async (session, tools) => {
      await tools.renewLease();
      return { session: await renewed()(session), failure };
    },
    recover: async () => Promise.reject(failure),
  };
  await expect(fresh(vault, doubtful)).rejects.toBe(failure);
  const stored = await vault.find(GOOGLE);
  expect(stored).toMatchObject({ state: "alive", lastError: failure.message });
  expect(stored?.session).toMatchObject({ quarantined: true, tokens: { refreshToken: "refresh-2" } });
  const next = new Script();
  const result = await fresh(vault, next);
  expect(next.requests).toBe(1);
  expect(result.account.session.quarantined).toBe(false);
});

/** A refresh whose holder is stopped past its lease, with its answer still to come, and a vault of another process. */
async function outliveLease(home: Home, refreshToken: string) {
  let now = Date.now();
  const slow = await home.open({ now: () => new Date(now), ticks: () => now });
  await slow.save(GOOGLE, sessionWith(-5));
  const answer = Promise.withResolvers<void>();
  const stopped = new Script(async (session, tools) => {
    await answer.promise;
    await tools.journal(refreshToken);
    return renewed(3600, refreshToken)(session);
  });
  const outlived = fresh(slow, stopped);
  await until(() => stopped.requests === 1);
  now += OUTLIVED;
  const other = await home.open({ now: () => new Date(now), ticks: () => now });
  return { other, stopped, outlived, goOn: answer.resolve };
}

test("a holder that outlived its lease never overwrites, and its answer revives the account it found dead", async () => {
  using home = new Home();
  const { other, stopped, outlived, goOn } = await outliveLease(home, "refresh-9");
  await expect(fresh(other, new Script(endOfGrant))).rejects.toMatchObject({ code: "login_ended" });
  goOn();
  const result = await outlived;
  expect(result.account).toMatchObject({
    state: "alive",
    session: { tokens: { refreshToken: "refresh-9" } },
  });
  expect(stopped.recovered).toBe(1);
  expect((await other.find(GOOGLE))?.session.tokens.refreshToken).toBe("refresh-9");
});

test("a holder that outlived its lease takes over what its successor saved", async () => {
  using home = new Home();
  const { other, outlived, goOn } = await outliveLease(home, "refresh-old");
  await fresh(other, new Script(renewed(3600, "refresh-new")));
  goOn();
  expect((await outlived).account.session.tokens.refreshToken).toBe("refresh-new");
  expect((await other.find(GOOGLE))?.session.tokens.refreshToken).toBe("refresh-new");
});

test("renewLease() sends nothing more once the lease is lost", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  let second = 0;
  const script = new Script(async (session, tools) => {
    await vault.save(GOOGLE, sessionWith(900, "refresh-login"));
    await tools.renewLease();
    second += 1;
    return renewed()(session);
  });
  const result = await fresh(vault, script);
  expect(second).toBe(0);
  expect(result.account.session.tokens.refreshToken).toBe("refresh-login");
});

test("renewLease() names a time that ends before the lease does", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  let left = 0;
  const script = new Script(async (session, tools) => {
    left = (await tools.renewLease()).getTime() - Date.now();
    return renewed()(session);
  });
  await fresh(vault, script);
  expect(left).toBeGreaterThan(25_000);
  expect(left).toBeLessThanOrEqual(30_000);
});

test("a login while a refresh is under way stays; the refresh comes to nothing", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(async (session, tools) => {
    await tools.journal("refresh-old");
    await vault.save(GOOGLE, sessionWith(900, "refresh-login"));
    return renewed()(session);
  });
  expect((await fresh(vault, script)).account.session.tokens.refreshToken).toBe("refresh-login");
});

test("a logout while a refresh is under way stays", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(async (session) => {
    await vault.forget(GOOGLE);
    return renewed()(session);
  });
  await expect(fresh(vault, script)).rejects.toMatchObject({ code: "unknown_account", exitStatus: 4 });
  expect(await vault.list()).toEqual([]);
});

test("a rename while a refresh is under way keeps the rotated token", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(async (session) => {
    await vault.rename(GOOGLE, WORK);
    return renewed()(session);
  });
  await fresh(vault, script);
  expect((await vault.find(WORK))?.session.tokens.refreshToken).toBe("refresh-2");
});
