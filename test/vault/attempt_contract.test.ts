/**
 * What every store promises of logins under way, asked of both: the SQLite file and a real PostgreSQL.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { AttemptFailure } from "../../src/vault/attempt_failure.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { LONG, OVER, postgresPair, sqlitePair } from "./store_pairs.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(() => server[Symbol.asyncDispose]());

describe.each([
  ["SQLite", sqlitePair],
  ["PostgreSQL", () => postgresPair(server)],
] as const)("%s:", (_, makePair) => {
  test("an attempt is claimed once, released, finished, expired and barred", async () => {
    await using pair = await makePair();
    const sealed = await pair.sealer.seal({ kind: "attempt", rowId: "a" }, "attempt");
    const { attempts } = pair.one;
    await attempts.keep({ id: "a", sealed, expiresAt: Date.now() + 60_000 });
    await attempts.keep({ id: "old", sealed, expiresAt: Date.now() - 1000 });
    expect((await pair.two.attempts.open()).map(({ id }) => id)).toEqual(["a"]);
    const claims = await Promise.all(
      [1, 2, 3, 4].map((index) => (index % 2 ? pair.one : pair.two).attempts.claim("a")),
    );
    expect(claims.filter((claim) => claim === "used")).toHaveLength(3);
    await attempts.release("a");
    expect(new Uint8Array((await pair.two.attempts.claim("a")) as Uint8Array)).toEqual(
      new Uint8Array(sealed),
    );
    await attempts.finish("a");
    expect(await attempts.claim("a")).toBe("used");
    expect(await attempts.claim("old")).toBe("expired");
    expect(await attempts.claim("never")).toBe("unknown");
    const forgetAt = Date.now() + 60_000;
    expect([await attempts.bar("b", forgetAt), await pair.two.attempts.bar("b", forgetAt)]).toEqual([
      true,
      false,
    ]);
  });

  test("a turn is taken by one at a time, until it is ended or over", async () => {
    await using pair = await makePair();
    const [one, two] = [pair.one.attempts, pair.two.attempts];
    const turns = await Promise.all([one, two, one, two].map((attempts) => attempts.takeTurn("t", LONG)));
    const taken = turns.filter((until) => until !== undefined);
    expect(taken).toHaveLength(1);
    const [until = 0] = taken;
    expect(until - Date.now()).toBeWithin(LONG - 10_000, LONG + 10_000);
    await two.endTurn("t", until - 1);
    expect(await two.takeTurn("t", LONG)).toBeUndefined();
    const renewed = (await two.renewTurn("t", until, 2 * LONG)) ?? 0;
    expect(renewed - until).toBeGreaterThanOrEqual(LONG);
    expect(await two.renewTurn("t", until, LONG)).toBeUndefined();
    await two.endTurn("t", renewed);
    expect(await two.takeTurn("t", OVER)).toBeDefined();
    expect(await one.takeTurn("t", LONG)).toBeDefined();
    expect(await one.open()).toEqual([]);
  });

  test.each(["refused", "failed", "unapproved"] as const)(
    "an attempt that was %s says so, and for whom, and is open no more",
    async (outcome) => {
      await using pair = await makePair();
      const sealed = await pair.sealer.seal({ kind: "attempt", rowId: "a" }, "attempt");
      const { attempts } = pair.one;
      const failure: AttemptFailure = { outcome, account: "acme/Jo.Do+x@example.org" };
      await attempts.keep({ id: "a", sealed, expiresAt: Date.now() + 60_000 });
      await attempts.claim("a");
      await attempts.finish("a", failure);
      await pair.two.attempts.release("a");
      expect(await pair.two.attempts.claim("a")).toEqual(failure);
      expect(await pair.two.attempts.open()).toEqual([]);
    },
  );
});
