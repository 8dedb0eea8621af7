/**
 * When the vault refreshes, how often it tries, and what it says when it fails.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ConfigurationError, Unavailable } from "../../src/errors.ts";
import { GOOGLE, Home, sessionWith, until } from "./fixtures.ts";
import { endOfGrant, failing, fresh, notSent, renewed, Script, sent, vaultWith } from "./script.ts";

test("fresh() gives a token that lives long enough without a request or a write", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  const log = () => readFileSync(`${home.paths.vaultFile}-wal`);
  const before = log();
  const script = new Script();
  const result = await fresh(vault, script);
  expect(log().equals(before)).toBe(true);
  expect(result).toMatchObject({ refreshed: false, shortLived: false, account: { name: GOOGLE } });
  expect(script.requests).toBe(0);
});

test("fresh() gives a token without an end as it is", async () => {
  using home = new Home();
  const { expiresAt: _, ...endless } = sessionWith(0).tokens;
  const vault = await vaultWith(home, { ...sessionWith(0), tokens: endless });
  const script = new Script();
  expect((await fresh(vault, script)).refreshed).toBe(false);
  expect(script.requests).toBe(0);
});

test("fresh() refreshes a token that lives too short, and stores what came (STANDARDS 19)", async () => {
  using home = new Home();
  let now = Date.now();
  const vault = await home.open({ now: () => new Date(now), ticks: () => now });
  await vault.save(GOOGLE, sessionWith(600));
  now += 541_000;
  const result = await fresh(vault, new Script());
  expect(result).toMatchObject({ refreshed: true, account: { state: "alive" } });
  expect(result.account.lastRefresh).toBeDate();
  const stored = await (await home.open()).find(GOOGLE);
  expect(stored?.session.tokens).toMatchObject({ accessToken: "access-2", refreshToken: "refresh-2" });
});

test("fresh() with force refreshes a token that would do", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  expect((await fresh(vault, new Script(), { force: true })).account.session.tokens.accessToken).toBe(
    "access-2",
  );
});

test("fresh() with force takes over what another got while it waited", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  const script = new Script(async (session) => {
    await Bun.sleep(100);
    return renewed()(session);
  });
  const forced = Array.from({ length: 5 }, () => fresh(vault, script, { force: true }));
  const tokens = (await Promise.all(forced)).map(({ account }) => account.session.tokens.accessToken);
  expect(tokens).toEqual(Array(5).fill("access-2"));
  expect(script.requests).toBe(1);
});

test("fresh() does not refresh at every call where tokens never live as long as asked", async () => {
  using home = new Home();
  let now = Date.now();
  const vault = await home.open({ now: () => new Date(now), ticks: () => now });
  await vault.save(GOOGLE, sessionWith(30));
  const script = new Script(renewed(30));
  expect(await fresh(vault, script)).toMatchObject({ refreshed: false, shortLived: true });
  now += 16_000;
  expect(await fresh(vault, script)).toMatchObject({ refreshed: true });
  expect(script.requests).toBe(1);
});

test("fresh() without a refresh token asks for a login, whether the token is over or lives too short", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5, null));
  const failure = fresh(vault, new Script());
  await expect(failure).rejects.toMatchObject({ code: "no_refresh_token", exitStatus: 4 });
  await expect(failure).rejects.toThrow("has expired");
  await vault.save(GOOGLE, sessionWith(600, null));
  await expect(fresh(vault, new Script(), { minValidSeconds: 599 })).resolves.toMatchObject({
    refreshed: false,
  });
  await expect(fresh(vault, new Script(), { force: true })).rejects.toMatchObject({
    code: "no_refresh_token",
  });
});

test("fresh() of an unknown account asks for a login", async () => {
  using home = new Home();
  const vault = await home.open();
  await expect(fresh(vault, new Script())).rejects.toMatchObject({
    code: "unknown_account",
    exitStatus: 4,
    hint: "keyfob login google",
  });
});

test("fresh() marks the account dead at invalid_grant and keeps saying why without asking again", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(endOfGrant);
  for (let calls = 0; calls < 3; calls += 1) {
    await expect(fresh(vault, script)).rejects.toMatchObject({
      code: "login_ended",
      message: "Cannot refresh: it is over",
      hint: "keyfob login google",
    });
  }
  expect(script.requests).toBe(1);
  expect(await vault.find(GOOGLE)).toMatchObject({ state: "dead", reason: "Cannot refresh: it is over" });
  await vault.save(GOOGLE, sessionWith(600));
  const alive = await vault.find(GOOGLE);
  expect(alive).toMatchObject({ state: "alive" });
  expect(alive).not.toHaveProperty("reason");
});

test("fresh() tries again what was never sent, three times in all; then says so and changes nothing", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const twice = new Script(notSent, notSent, renewed());
  expect((await fresh(vault, twice)).refreshed).toBe(true);
  expect(twice.requests).toBe(3);
  await vault.save(GOOGLE, sessionWith(-5));
  const never = new Script(notSent);
  await expect(fresh(vault, never)).rejects.toMatchObject({ exitStatus: 3, message: "Cannot connect" });
  expect(never.requests).toBe(3);
  const account = await vault.find(GOOGLE);
  expect(account).toMatchObject({ state: "alive", lastError: "Cannot connect" });
  expect(account?.session.tokens.refreshToken).toBe("refresh-1");
});

test("fresh() tries once more what may have reached the provider, and not more often", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(sent);
  await expect(fresh(vault, script)).rejects.toMatchObject({ exitStatus: 3 });
  expect(script.requests).toBe(2);
  const after = new Script(sent);
  await expect(fresh(vault, after)).rejects.toMatchObject({ exitStatus: 3 });
  expect(after.requests).toBe(1);
});

test("fresh() says that an answer was lost when the second try finds the grant over", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  await expect(fresh(vault, new Script(sent, endOfGrant))).rejects.toThrow("an earlier refresh was cut off");
});

test("fresh() does not call an answer lost when the request was never sent", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  await expect(fresh(vault, new Script(notSent))).rejects.toMatchObject({ exitStatus: 3 });
  const failure = fresh(vault, new Script(endOfGrant));
  await expect(failure).rejects.toThrow(/it is over$/);
});

test("fresh() waits for a short Retry-After and gives up at once at a long one", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const busy = (retryAfterSeconds: number) => failing(() => new Unavailable("Busy", { retryAfterSeconds }));
  const started = Date.now();
  await fresh(vault, new Script(busy(1), renewed()));
  expect(Date.now() - started).toBeGreaterThanOrEqual(990);
  await vault.save(GOOGLE, sessionWith(-5));
  const script = new Script(busy(60));
  await expect(fresh(vault, script)).rejects.toMatchObject({ retryAfterSeconds: 60 });
  expect(script.requests).toBe(1);
});

test("fresh() of those who waited takes over a failure instead of asking one after the other", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const script = new Script(notSent);
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => fresh(vault, script)));
  for (const result of results) {
    expect(result).toMatchObject({
      status: "rejected",
      reason: { exitStatus: 3, message: "Cannot connect" },
    });
  }
  expect(script.requests).toBe(3);
});

test("fresh() leaves the credentials alone and gives the lease back at a configuration error", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const broken = new Script(failing(() => new ConfigurationError("Cannot find the client secret")));
  await expect(fresh(vault, broken)).rejects.toMatchObject({ exitStatus: 2 });
  expect(broken.requests).toBe(1);
  expect((await fresh(vault, new Script())).refreshed).toBe(true);
});

test("fresh() ends its wait for another holder with the reason of the signal", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const answer = Promise.withResolvers<void>();
  const script = new Script(async (session) => {
    await answer.promise;
    return renewed()(session);
  });
  const holder = fresh(vault, script);
  await until(() => script.requests === 1);
  const stop = new AbortController();
  const reason = new Error("enough waiting");
  const waiter = fresh(vault, new Script(), { signal: stop.signal });
  setTimeout(() => stop.abort(reason), 20);
  await expect(waiter).rejects.toBe(reason);
  answer.resolve();
  expect((await holder).refreshed).toBe(true);
});

test("fresh() that waited for another's failed refresh says what that one said, and what to do", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(-5));
  const answer = Promise.withResolvers<void>();
  const tired = new Script(async () => {
    await answer.promise;
    return await sent();
  });
  const holder = fresh(vault, tired);
  await until(() => tired.requests === 1);
  const waiter = fresh(vault, new Script());
  const outcomes = Promise.allSettled([holder, waiter]);
  answer.resolve();
  const [, waited] = await outcomes;
  expect(waited).toMatchObject({
    reason: {
      exitStatus: 3,
      message: "Cannot read the answer in time",
      hint: "another process has just tried; try again: keyfob refresh google",
    },
  });
});
