/**
 * Stores that are asked, before anything irreplaceable is sent for, whether it could be written.
 *
 * @module
 */
import { SQL } from "bun";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPostgresStore, openPostgresStore } from "../../src/vault/postgres.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { GOOGLE, Home } from "./fixtures.ts";
import { postgresPair, sqlitePair } from "./store_pairs.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(() => server[Symbol.asyncDispose]());

describe.each([
  ["SQLite", sqlitePair],
  ["PostgreSQL", () => postgresPair(server)],
] as const)("%s:", (_, makePair) => {
  test("reserve() changes nothing, and keeps nobody from writing", async () => {
    await using pair = await makePair();
    await pair.one.accounts.save({ id: "1", name: GOOGLE, sealed: await pair.seal("1") });
    const [before, facts] = [await pair.two.accounts.list(), await pair.two.readFacts()];
    await pair.one.reserve();
    await pair.one.reserve();
    expect([await pair.two.accounts.list(), await pair.two.readFacts()]).toEqual([before, facts]);
    expect(await pair.two.accounts.forget(GOOGLE)).toBe(true);
  });
});

test("a PostgreSQL that only reads, as a standby does, fails at reserve()", async () => {
  using home = new Home();
  const { paths } = home;
  const address = await server.freshDatabase();
  await createPostgresStore(address, { paths, environment: {}, keychain: undefined, notice: () => {} });
  await using sql = new SQL(address);
  await sql.unsafe(
    `ALTER DATABASE ${new URL(address).pathname.slice(1)} SET default_transaction_read_only = on`,
  );
  const store = await openPostgresStore(address, () => {});
  await expect(store?.reserve()).rejects.toMatchObject({ code: "store_read_only", exitStatus: 1 });
  await store?.close();
});
