/**
 * What every store promises, asked of both: the SQLite file and a real PostgreSQL.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fingerprintOf, newKey } from "../../src/vault/key_bytes.ts";
import { createSealer } from "../../src/vault/sealing.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { GOOGLE, WORK } from "./fixtures.ts";
import { leased, LONG, OVER, postgresPair, sealAnew, sqlitePair, ticketFor } from "./store_pairs.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(() => server[Symbol.asyncDispose]());

describe.each([
  ["SQLite", sqlitePair],
  ["PostgreSQL", () => postgresPair(server)],
] as const)("%s:", (_, makePair) => {
  test("what one process saves the other finds, with its bytes, times and generation", async () => {
    await using pair = await makePair();
    const sealed = await pair.seal("row-1");
    expect(await pair.one.accounts.save({ id: "row-1", name: GOOGLE, sealed })).toBe(true);
    const row = await pair.two.accounts.find(GOOGLE);
    expect(row).toMatchObject({
      id: "row-1",
      generation: 1,
      state: "alive",
      lease: null,
      recoverable: false,
    });
    expect(new Uint8Array(row!.sealed)).toEqual(new Uint8Array(sealed));
    expect(Math.abs(row!.createdAt - Date.now())).toBeLessThan(60_000);
    await pair.two.accounts.save({ id: "row-1", name: GOOGLE, sealed });
    expect((await pair.one.accounts.read("row-1"))?.generation).toBe(2);
  });

  test("a name belongs to one row, and list() is sorted by provider and label, bytewise", async () => {
    await using pair = await makePair();
    const save = async (id: string, label: string): Promise<boolean> =>
      pair.one.accounts.save({ id, name: { provider: "google", label }, sealed: await pair.seal(id) });
    for (const label of ["b", "B", "a", "_"]) expect(await save(label, label)).toBe(true);
    expect(await save("other", "a")).toBe(false);
    expect((await pair.two.accounts.list()).map(({ name }) => name.label)).toEqual(["B", "_", "a", "b"]);
    const race = await Promise.all([save("x", "same"), save("y", "same")]);
    expect(race.filter(Boolean)).toHaveLength(1);
  });

  test("rename() and forget() say what they found", async () => {
    await using pair = await makePair();
    await pair.one.accounts.save({ id: "1", name: GOOGLE, sealed: await pair.seal("1") });
    expect(await pair.one.accounts.rename(WORK, GOOGLE)).toBe("absent");
    await pair.one.accounts.save({ id: "2", name: WORK, sealed: await pair.seal("2") });
    expect(await pair.two.accounts.rename(GOOGLE, WORK)).toBe("taken");
    expect(await pair.two.accounts.forget(WORK)).toBe(true);
    expect(await pair.two.accounts.forget(WORK)).toBe(false);
    expect(await pair.two.accounts.rename(GOOGLE, WORK)).toBe("renamed");
    expect((await pair.one.accounts.find(WORK))?.id).toBe("1");
  });

  test("a lease is held by one, until it is over, evicted or released", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair);
    const other = ticketFor(row, "owner-2");
    const terms = { holder: null, milliseconds: LONG, evict: null };
    expect(await pair.two.leases.take(other, terms)).toBeUndefined();
    expect((await pair.two.accounts.read(row.id))?.lease).toMatchObject({ owner: "owner-1" });
    expect((await pair.two.accounts.read(row.id))?.lease?.overdue).toBeLessThan(0);
    expect(await pair.two.leases.take(other, { ...terms, evict: "owner-1" })).toBeDefined();
    expect(await pair.one.leases.renew(ticket, LONG)).toBe(false);
    await pair.two.leases.release(other, { forAll: false, withoutEffect: true });
    expect(await pair.one.leases.take(ticket, { ...terms, milliseconds: OVER })).toBeDefined();
    expect(await pair.two.leases.take(other, terms)).toBeDefined();
    expect(
      await pair.two.leases.take(ticketFor({ ...row, generation: 9 }, "owner-3"), terms),
    ).toBeUndefined();
  });

  test("of ten who take a lease at once one gets it", async () => {
    await using pair = await makePair();
    await pair.one.accounts.save({ id: "1", name: GOOGLE, sealed: await pair.seal("1") });
    const row = (await pair.one.accounts.find(GOOGLE))!;
    const takes = Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? pair.one : pair.two).leases.take(ticketFor(row, `owner-${index}`), {
        holder: null,
        milliseconds: LONG,
        evict: null,
      }),
    );
    expect((await Promise.all(takes)).filter(Boolean)).toHaveLength(1);
  });

  test("finish() saves the next generation once, clears lease and journal, and fails whoever comes later", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair);
    expect(await pair.one.leases.renew(ticket, LONG)).toBe(true);
    expect((await pair.two.accounts.read(row.id))?.sending).toBe(true);
    expect(await pair.one.leases.keepAnswer(ticket, await pair.seal(row.id))).toBe(true);
    expect(await pair.two.accounts.read(row.id)).toMatchObject({ recoverable: true, sending: false });
    const change = { sealed: await pair.seal(row.id, "new"), issuedAt: 1_760_000_000_000, error: null };
    expect(await pair.one.leases.finish(ticket, change)).toBe(true);
    expect(await pair.one.leases.finish(ticket, change)).toBe(false);
    expect(await pair.one.leases.bury(ticket, "why")).toBe(false);
    expect(await pair.one.leases.keepAnswer(ticket, await pair.seal(row.id))).toBe(false);
    expect(await pair.two.accounts.read(row.id)).toMatchObject({
      generation: 2,
      issuedAt: 1_760_000_000_000,
      refreshedAt: 1_760_000_000_000,
      lease: null,
      recoverable: false,
    });
  });

  test("restate() saves the next generation and changes nothing else, once", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair);
    await pair.one.leases.release(ticket, { error: "failed for now", forAll: true, withoutEffect: true });
    await pair.one.leases.take(ticket, { holder: null, milliseconds: LONG, evict: null });
    const before = await pair.one.accounts.read(row.id);
    const sealed = await pair.seal(row.id, "new");
    expect(await pair.one.leases.restate(ticket, sealed)).toBe(true);
    expect(await pair.one.leases.restate(ticket, sealed)).toBe(false);
    const after = await pair.two.accounts.read(row.id);
    expect(after).toEqual({ ...before!, generation: 2, sealed: after!.sealed, lease: null });
    expect([Uint8Array.from(after!.sealed), after!.refreshedAt]).toEqual([sealed, null]);
  });

  test("the journal tells the next holder what was sent, answered and set aside, newest first", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair, OVER);
    await pair.one.leases.renew(ticket, OVER);
    const second = ticketFor(row, "owner-2");
    const terms = { holder: "somebody", milliseconds: OVER, evict: null };
    const taken = await pair.two.leases.take(second, terms);
    expect(taken?.journal).toMatchObject([{ owner: "owner-1", state: "intent", sealed: null }]);
    await pair.two.leases.renew(second, OVER);
    expect(await pair.one.leases.keepAnswer(ticket, await pair.seal(row.id))).toBe(true);
    await pair.two.leases.setAside(second, "owner-1");
    await pair.two.leases.release(second, { error: "it failed", forAll: true, withoutEffect: true });
    expect(await pair.one.accounts.read(row.id)).toMatchObject({
      failures: 1,
      lastError: "it failed",
      lease: null,
    });
    const third = await pair.one.leases.take(ticketFor(row, "owner-3"), terms);
    expect(third?.journal.map(({ owner, state }) => [owner, state])).toEqual([["owner-1", "unusable"]]);
  });

  test("bury() marks the row dead; a save() brings it back", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair);
    expect(await pair.one.leases.bury(ticket, "the session is over")).toBe(true);
    expect(await pair.two.accounts.read(row.id)).toMatchObject({
      state: "dead",
      reason: "the session is over",
    });
    await pair.two.accounts.save({ id: row.id, name: GOOGLE, sealed: await pair.seal(row.id) });
    expect(await pair.one.accounts.read(row.id)).toMatchObject({
      state: "alive",
      reason: null,
      lastError: null,
    });
  });

  test("handOver() waits for nobody: it says busy, unfinished or changed, and fences off older holders", async () => {
    await using pair = await makePair();
    const { row, ticket } = await leased(pair);
    const { accounts, leases } = pair.two;
    expect(await accounts.handOver(ticket, "receipt")).toBe("busy");
    await pair.one.leases.renew(ticket, OVER);
    expect(await accounts.handOver(ticket, "receipt")).toBe("unfinished");
    await leases.release(ticket, { forAll: false, withoutEffect: true });
    expect(await accounts.handOver({ ...ticket, generation: 7 }, "receipt")).toBe("changed");
    expect(await accounts.handOver(ticket, "receipt")).toBe("exported");
    expect(await accounts.read(row.id)).toMatchObject({
      state: "exported",
      receipt: "receipt",
      generation: 2,
    });
    expect(await leases.keepAnswer(ticket, await pair.seal(row.id))).toBe(false);
    expect(await accounts.forgetExported(GOOGLE, "other")).toBe(false);
    expect(await accounts.takeBack(GOOGLE)).toBe(true);
    expect(await accounts.takeBack(GOOGLE)).toBe(false);
    expect(await accounts.forgetExported(GOOGLE, "receipt")).toBe(false);
    const again = { accountId: row.id, generation: 3 };
    expect(await accounts.handOver(again, "second")).toBe("exported");
    expect(await accounts.forgetExported(GOOGLE, "second")).toBe(true);
  });

  test("restore() puts a row in place of what has its name", async () => {
    await using pair = await makePair();
    const { row } = await leased(pair);
    const sealed = await pair.seal("row-9", "moved");
    await pair.two.accounts.restore({
      ...row,
      id: "row-9",
      sealed,
      createdAt: 5,
      issuedAt: 6,
      lastError: "e",
    });
    expect(await pair.one.accounts.list()).toMatchObject([
      { id: "row-9", generation: 2, createdAt: 5, issuedAt: 6, lastError: "e", lease: null },
    ]);
  });

  test("a secret is forgotten", async () => {
    await using pair = await makePair();
    await pair.one.secrets.keep("s", await pair.sealer.seal({ kind: "client_secret", rowId: "s" }, "x"));
    await pair.one.secrets.forget("s");
    expect(await pair.two.secrets.all()).toEqual([]);
  });

  test("exchange() swaps key and records at once, and not where anything changed meanwhile", async () => {
    await using pair = await makePair();
    await pair.one.accounts.save({ id: "1", name: GOOGLE, sealed: await pair.seal("1") });
    const secret = await pair.sealer.seal({ kind: "client_secret", rowId: "s" }, "secret");
    await pair.one.secrets.keep("s", secret);
    await pair.one.secrets.keepFirst(
      "s",
      await pair.sealer.seal({ kind: "client_secret", rowId: "s" }, "later"),
    );
    const facts = await pair.one.readFacts();
    const key = newKey();
    const next = await createSealer(key, facts.storeId);
    const records = await pair.one.records.all();
    expect(records.map(({ place }) => place.kind).toSorted()).toEqual(["client_secret", "session"]);
    const resealed = await sealAnew(next, records);
    const terms = {
      before: facts.keyFingerprint,
      keyFingerprint: fingerprintOf(key),
      keySource: { kind: "variable", place: "/elsewhere" } as const,
      beforeCommit: () => {},
    };
    await pair.two.secrets.keep("t", secret);
    expect(await pair.one.records.exchange(resealed, terms)).toBe(false);
    const all = await pair.one.records.all();
    const again = await sealAnew(next, all);
    expect(await pair.one.records.exchange(again, terms)).toBe(true);
    expect(await pair.two.readFacts()).toMatchObject({
      keySource: terms.keySource,
      keyFingerprint: fingerprintOf(key),
    });
    const row = await pair.two.accounts.find(GOOGLE);
    expect(await next.open({ kind: "session", rowId: "1" }, row!.sealed)).toBe("anew");
    const stale = pair.two.secrets.keep(
      "u",
      await pair.sealer.seal({ kind: "client_secret", rowId: "u" }, "x"),
    );
    await expect(stale).rejects.toMatchObject({ code: "key_changed" });
  });
});
