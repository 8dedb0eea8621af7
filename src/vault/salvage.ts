/**
 * What can still be read of a damaged store, in a new one.
 *
 * @module
 */
import type { Database, SQLQueryBindings } from "bun:sqlite";
import { withDatabase } from "./damage.ts";
import { SEALED_TABLES } from "./record_places.ts";
import { makeStoreFile } from "./sqlite_creation.ts";
import type { StoreFacts } from "./store.ts";

type Row = Readonly<Record<string, SQLQueryBindings>>;

/**
 * Makes a store at `path` with all that can be read of the one at `damaged`. Rows are copied as they are: store and
 * key are the same, so that what is sealed stays so.
 */
export async function salvage(damaged: string, path: string, facts: StoreFacts): Promise<void> {
  await makeStoreFile(path, facts, (target) => {
    withDatabase(damaged, (source) => {
      const copy = target.transaction(() => {
        for (const { name } of Object.values(SEALED_TABLES)) copyTable(source, target, name);
      });
      copy();
    });
  });
}

/** Read from both ends, since reading stops where the damage begins. */
function copyTable(source: Database, target: Database, table: string): void {
  const known = target.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)").all(table);
  const columns = new Set(known.map(({ name }) => name));
  for (const direction of ["ASC", "DESC"]) {
    for (const row of readableRows(
      source,
      `SELECT * FROM ${table} NOT INDEXED ORDER BY rowid ${direction}`,
    )) {
      insert(
        target,
        table,
        Object.entries(row).filter(([name]) => columns.has(name)),
      );
    }
  }
}

/** The rows up to the first that cannot be read. */
export function* readableRows<T = Row>(database: Database, sql: string): Generator<T> {
  try {
    yield* database.query<T, []>(sql).iterate();
  } catch {
    return;
  }
}

/** A row that does not fit the table any more is none. */
function insert(target: Database, table: string, fields: readonly [string, SQLQueryBindings][]): void {
  const names = fields.map(([name]) => name).join(", ");
  const places = fields.map(() => "?").join(", ");
  try {
    target
      .query(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${places})`)
      .run(...fields.map(([, value]) => value));
  } catch (cause) {
    if (!isMisfit(cause)) throw cause;
  }
}

function isMisfit(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return code.startsWith("SQLITE_CONSTRAINT") || code === "SQLITE_MISMATCH";
}
