/**
 * Stores that are broken in all the ways that files break.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { GOOGLE, Home, sessionWith, WORK } from "./fixtures.ts";

/** Bytes of a page of SQLite. */
export const PAGE = 4096;

/** Where each table and index of a new store begins. */
const rootPages = await readRootPages();

export interface Damage {
  readonly broken: (bytes: Buffer) => Uint8Array;
  /** Of two logins, how many can still be read. */
  readonly left: number;
}

/** Ways in which a file of several pages breaks. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  "an overwritten header": { broken: (bytes) => bytes.fill(0xff, 0, 100), left: 0 },
  "a first page that is overwritten behind the header": {
    broken: (bytes) => bytes.fill(0xff, 100, PAGE),
    left: 0,
  },
  "half of it cut off": { broken: (bytes) => bytes.subarray(0, bytes.length / 2), left: 0 },
  "all but two pages cut off": { broken: (bytes) => bytes.subarray(0, 2 * PAGE), left: 0 },
  "all but a few bytes cut off": { broken: (bytes) => bytes.subarray(0, 50), left: 0 },
  "nothing left": { broken: () => new Uint8Array(0), left: 0 },
  "the accounts' page overwritten": { broken: (bytes) => withoutPage(bytes, "account"), left: 0 },
  "the page of the accounts' index overwritten": {
    broken: (bytes) => withoutPage(bytes, "sqlite_autoindex_account_2"),
    left: 2,
  },
  "garbage in place of it": { broken: () => crypto.getRandomValues(new Uint8Array(20_000)), left: 0 },
  "another program's database": { broken: databaseOfOthers, left: 0 },
};

/** A home with two logins, whose store is one file. */
export async function homeWithLogins(): Promise<Home> {
  const home = new Home();
  const vault = await home.open();
  await vault.save(GOOGLE, sessionWith(60));
  await vault.save(WORK, sessionWith(60));
  await vault.close();
  return home;
}

/** Overwrites the first page of a table in the file itself. */
export async function breakPage(home: WithVault, table: string): Promise<void> {
  await overwrite(home, pageOf(table));
}

/** What says where a store is. */
interface WithVault {
  readonly paths: Pick<Home["paths"], "vaultFile">;
}

export async function overwrite({ paths }: WithVault, page: number): Promise<void> {
  const file = await open(paths.vaultFile, "r+");
  await file.write(new Uint8Array(PAGE).fill(0xa5), 0, PAGE, page * PAGE);
  await file.close();
}

function withoutPage(bytes: Buffer, table: string): Buffer {
  const start = pageOf(table) * PAGE;
  return bytes.fill(0xa5, start, start + PAGE);
}

/** Names of what was kept aside. */
export function asides(home: Home): string[] {
  return readdirSync(home.paths.dataFolder)
    .filter((name) => name.includes(".damaged-"))
    .toSorted();
}

export function contents(home: Home): (string | number | bigint)[][] {
  return readdirSync(home.paths.dataFolder)
    .toSorted()
    .map((name) => [name, Bun.hash(readFileSync(join(home.paths.dataFolder, name)))]);
}

/** Number of the page at which a table of a new store begins, from 0. */
function pageOf(table: string): number {
  const number = rootPages.get(table);
  if (number === undefined) throw new Error(`There is no table ${table}`);
  return number - 1;
}

async function readRootPages(): Promise<ReadonlyMap<string, number>> {
  using home = await homeWithLogins();
  const rows = rawly<{ name: string; rootpage: number }>(home, "SELECT name, rootpage FROM sqlite_schema");
  return new Map(rows.map(({ name, rootpage }) => [name, rootpage]));
}

function databaseOfOthers(): Uint8Array {
  using database = new Database(":memory:");
  database.run("CREATE TABLE theirs (a)");
  return database.serialize();
}

/** Runs SQL on the file itself, as no part of keyfob would. */
export function rawly<Row>(home: Home, sql: string): Row[] {
  using database = new Database(home.paths.vaultFile, { readwrite: true });
  return database.query<Row, []>(sql).all();
}
