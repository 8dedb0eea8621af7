/**
 * What is known about stored logins.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { readStatus } from "../../src/accounts/status.ts";
import type { Session } from "../../src/vault/account.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { createBench, entryAt, sessionAt } from "./fixtures.ts";

const ORIGIN = "http://127.0.0.1:1";
const ACME = { provider: "acme", label: "default" };

async function statusOf(session: Session) {
  await using bench = await createBench({ acme: entryAt(ORIGIN) });
  await bench.save(ACME, session);
  const [status] = await readStatus(bench.services, ACME);
  return status;
}

function without(field: "refreshToken" | "expiresAt", seconds: number): Session {
  const session = sessionAt(ORIGIN, seconds);
  const { [field]: _field, ...tokens } = session.tokens;
  return { ...session, tokens };
}

describe("an account is", () => {
  const cases: readonly (readonly [what: string, session: Session, state: string, refreshable: boolean])[] = [
    ["alive while its token lives", sessionAt(ORIGIN, 600), "alive", true],
    ["alive while it can refresh", sessionAt(ORIGIN, -600), "alive", true],
    ["alive while a token that cannot refresh lives", without("refreshToken", 600), "alive", false],
    ["expired when a token that cannot refresh is over", without("refreshToken", -600), "expired", false],
    ["alive where its token has no end", without("expiresAt", 0), "alive", true],
    [
      "expired where a check failed and it cannot refresh",
      { ...without("refreshToken", 600), quarantined: true },
      "expired",
      false,
    ],
  ];
  test.each(cases)("%s", async (_what, session, state, refreshable) => {
    expect(await statusOf(session)).toMatchObject({ state, refreshable });
  });
});

test("everything known is told", async () => {
  const session = sessionAt(ORIGIN, 600);
  expect(await statusOf(session)).toEqual({
    name: ACME,
    subject: "1",
    display: "alice",
    expiresAt: session.tokens.expiresAt ?? null,
    refreshable: true,
    scope: [],
    state: "alive",
    isProviderMissing: false,
    lastRefresh: null,
    lastError: null,
  });
});

describe("without its provider in the registry", () => {
  test("an account cannot be refreshed, and says so with the next step", async () => {
    await using bench = await createBench({ acme: null });
    await bench.save(ACME, sessionAt(ORIGIN, 600));
    expect(await readStatus(bench.services, ACME)).toMatchObject([
      {
        state: "alive",
        refreshable: false,
        isProviderMissing: true,
        lastError: 'the registry has no provider "acme": keyfob providers add acme',
      },
    ]);
  });

  test("as its file is not used: how to find out why", async () => {
    await using bench = await createBench({ acme: entryAt(ORIGIN) });
    await bench.save(ACME, sessionAt(ORIGIN, 600));
    await chmod(join(bench.home, "providers.json"), 0o666);
    const [status] = await readStatus(bench.services, ACME);
    expect(status).toMatchObject({ refreshable: false, isProviderMissing: true });
    expect(status?.lastError).toContain(`providers.json", which was not used: keyfob providers check`);
  });

  test("an account that could not be refreshed anyway is as it was", async () => {
    await using bench = await createBench({ acme: null });
    await bench.save(ACME, without("refreshToken", 600));
    expect(await readStatus(bench.services, ACME)).toMatchObject([
      { refreshable: false, isProviderMissing: false, lastError: null },
    ]);
  });
});

test("every account is listed, sorted; nobody is an empty list", async () => {
  await using bench = await createBench({});
  expect(await readStatus(bench.services)).toEqual([]);
  for (const name of [
    { provider: "b", label: "x" },
    { provider: "a", label: "z" },
    { provider: "a", label: "y" },
  ]) {
    await bench.save(name, sessionAt(ORIGIN, 600));
  }
  const names = (await readStatus(bench.services)).map(({ name }) => `${name.provider}/${name.label}`);
  expect(names).toEqual(["a/y", "a/z", "b/x"]);
});

test("one that is not there: a login is needed", async () => {
  await using bench = await createBench({});
  expect(await failureOf(() => readStatus(bench.services, ACME))).toMatchObject({
    code: "unknown_account",
    exitStatus: 4,
  });
});
