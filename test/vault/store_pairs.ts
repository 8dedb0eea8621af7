/**
 * Stores of both kinds, each opened twice as by two processes.
 *
 * @module
 */
import { fingerprintOf, newKey, parseKey } from "../../src/vault/key_bytes.ts";
import { createPostgresStore, openPostgresStore } from "../../src/vault/postgres.ts";
import { createSealer, type SealedBytes, type Sealer } from "../../src/vault/sealing.ts";
import { openSqliteStore } from "../../src/vault/sqlite.ts";
import { createStoreFile } from "../../src/vault/sqlite_creation.ts";
import type { AccountRow, SealedRecord, Store, Ticket } from "../../src/vault/store.ts";
import type { PostgresServer } from "../servers/postgres.ts";
import { GOOGLE, Home } from "./fixtures.ts";

/** A store and its key, twice opened, as by two processes. */
export interface Pair extends AsyncDisposable {
  readonly one: Store;
  readonly two: Store;
  readonly sealer: Sealer;
  seal(rowId: string, text?: string): Promise<SealedBytes>;
}

async function pairOf(open: () => Promise<Store>, sealer: Sealer, home: Home): Promise<Pair> {
  const [one, two] = [await open(), await open()];
  return {
    one,
    two,
    sealer,
    seal: (rowId, text = "sealed") => sealer.seal({ kind: "session", rowId }, text),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([one.close(), two.close()]);
      home[Symbol.dispose]();
    },
  };
}

export async function sqlitePair(): Promise<Pair> {
  const home = new Home();
  const key = newKey();
  const path = `${home.folder}/store.db`;
  const keySource = { kind: "file", place: "key" } as const;
  await createStoreFile(path, { storeId: "store", keyFingerprint: fingerprintOf(key), keySource });
  const clock = { now: () => new Date(), ticks: () => null };
  const open = (): Promise<Store> => openSqliteStore(path, { clock, notice: () => {} });
  return pairOf(open, await createSealer(key, "store"), home);
}

export async function postgresPair(server: PostgresServer): Promise<Pair> {
  const home = new Home();
  const address = await server.freshDatabase();
  const { paths } = home;
  await createPostgresStore(address, { paths, environment: {}, keychain: undefined, notice: () => {} });
  const open = async (): Promise<Store> => (await openPostgresStore(address, () => {}))!;
  const key = parseKey(await Bun.file(paths.keyFile).bytes())!;
  const store = await open();
  const { storeId } = store.facts;
  await store.close();
  return pairOf(open, await createSealer(key, storeId), home);
}

/** A lease that holds, and one that is over at once; milliseconds. */
export const [LONG, OVER] = [60_000, 0];

/** An account with one lease taken on it. */
export async function leased(pair: Pair, milliseconds = LONG): Promise<{ row: AccountRow; ticket: Ticket }> {
  await pair.one.accounts.save({ id: "row-1", name: GOOGLE, sealed: await pair.seal("row-1") });
  const row = (await pair.one.accounts.find(GOOGLE))!;
  const ticket = ticketFor(row, "owner-1");
  const taken = await pair.one.leases.take(ticket, { holder: null, milliseconds, evict: null });
  if (taken?.row.id !== row.id) throw new Error("The lease was not given");
  return { row, ticket };
}

export function sealAnew(sealer: Sealer, records: readonly SealedRecord[]) {
  return Promise.all(
    records.map(async ({ place, id, sealed }) => ({
      place,
      id,
      sealed,
      resealed: await sealer.seal(place, "anew"),
    })),
  );
}

export function ticketFor(row: AccountRow, owner: string): Ticket {
  return { accountId: row.id, owner, generation: row.generation };
}
