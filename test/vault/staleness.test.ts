/**
 * Marking an access token that a resource refused.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { GOOGLE, Home, sessionWith, WORK } from "./fixtures.ts";
import { endOfGrant, fresh, renewed, Script, sent, vaultWith } from "./script.ts";

test("markStale() makes the next call refresh, once", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  expect(await vault.markStale(GOOGLE, "access-1")).toBe(true);
  const script = new Script();
  expect((await fresh(vault, script)).account.session.tokens.accessToken).toBe("access-2");
  expect((await fresh(vault, script)).account.session.tokens.accessToken).toBe("access-2");
  expect(script.requests).toBe(1);
});

test("markStale() keeps everything else of the login", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  const before = await vault.find(GOOGLE);
  await vault.markStale(GOOGLE, undefined);
  const after = await vault.find(GOOGLE);
  expect(after?.session).toEqual({ ...before!.session, quarantined: true });
  expect(after).toMatchObject({ state: "alive", issuedAt: before!.issuedAt, createdAt: before!.createdAt });
});

test("markStale() is no refresh: when the last one was, and what came of it, stays", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  await vault.markStale(GOOGLE, undefined);
  expect(await vault.find(GOOGLE)).not.toHaveProperty("lastRefresh");
  const script = new Script();
  const { lastRefresh } = (await fresh(vault, script)).account;
  expect(lastRefresh).toBeInstanceOf(Date);
  await vault.markStale(GOOGLE, undefined);
  expect((await vault.find(GOOGLE))?.lastRefresh).toEqual(lastRefresh);
});

test("markStale() leaves a token alone that is another by now", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600));
  expect(await vault.markStale(GOOGLE, "access-0")).toBe(false);
  const script = new Script();
  await fresh(vault, script);
  expect(script.requests).toBe(0);
});

test("markStale() leaves a token alone that cannot be refreshed", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(600, null));
  expect(await vault.markStale(GOOGLE, "access-1")).toBe(false);
  expect((await fresh(vault, new Script())).account.session.tokens.accessToken).toBe("access-1");
});

test("markStale() says no of an account that is not there, or dead", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(0));
  expect(await vault.markStale(WORK, undefined)).toBe(false);
  await expect(fresh(vault, new Script(endOfGrant))).rejects.toThrow();
  expect(await vault.markStale(GOOGLE, undefined)).toBe(false);
  expect((await vault.find(GOOGLE))?.state).toBe("dead");
});

test("markStale() never disturbs a refresh under way: its tokens are stored", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(0));
  const script = new Script(async (session) => {
    expect(await vault.markStale(GOOGLE, "access-1")).toBe(false);
    return renewed()(session);
  });
  expect((await fresh(vault, script)).account.session.tokens.refreshToken).toBe("refresh-2");
  expect((await vault.find(GOOGLE))?.session.tokens.refreshToken).toBe("refresh-2");
});

test("markStale() keeps the journal of a refresh whose answer was lost", async () => {
  using home = new Home();
  const vault = await vaultWith(home, sessionWith(0));
  await expect(fresh(vault, new Script(sent))).rejects.toThrow();
  expect(await vault.markStale(GOOGLE, "access-1")).toBe(false);
  const end = fresh(vault, new Script(endOfGrant));
  // Only the journal can tell that an earlier refresh was cut off.
  await expect(end).rejects.toThrow("an earlier refresh was cut off");
});
