/**
 * The connection to a PostgreSQL store, which outlives a restart of the server.
 *
 * @module
 */
import { SQL } from "bun";
import { jitter, pause } from "./pause.ts";
import type { PostgresAddress } from "./postgres_address.ts";
import { isPassing, postgresTrouble } from "./postgres_trouble.ts";

/** One statement's way to the server, inside a transaction or outside. */
export interface Statements {
  /** Runs one statement with `$1`, `$2` … and gives its rows. */
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface PostgresConnection {
  /** Runs `work` as one transaction. What it does must bear being done again: a lost answer is asked for again. */
  readonly transaction: <T>(work: (statements: Statements) => Promise<T>) => Promise<T>;
  /** Runs single statements, each for itself: a third of a transaction's way. */
  readonly read: <T>(work: (statements: Statements) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** Milliseconds that a server may be away which was there before: a restart takes a few seconds. */
const PATIENCE = 30_000;

/** Milliseconds that a server is looked for which never answered: it may be the wrong address. */
const FIRST_PATIENCE = 8000;

/** Seconds that one attempt to connect may take. */
const CONNECT_SECONDS = 10;

/** Nothing is sent before the first transaction. */
export function connect(address: PostgresAddress): PostgresConnection {
  const { hostname, port, database, username, password, tls } = address;
  const sql = new SQL({
    adapter: "postgres",
    hostname,
    port,
    database,
    username,
    password,
    tls,
    max: 1,
    connectionTimeout: CONNECT_SECONDS,
    // Statements that are prepared on the server do not get through poolers such as pgbouncer.
    prepare: false,
  });
  let patience = FIRST_PATIENCE;
  const patiently = async <T>(once: () => Promise<T>): Promise<T> => {
    const result = await insist(once, patience, address.shown);
    patience = PATIENCE;
    return result;
  };
  return {
    transaction: (work) => patiently(() => sql.begin(async (inner) => await work(statementsOf(inner)))),
    read: (work) => patiently(() => work(statementsOf(sql))),
    close: () => sql.close(),
  };
}

function statementsOf(inner: { unsafe(text: string, values?: unknown[]): PromiseLike<unknown> }): Statements {
  return {
    rows: async <Row>(text: string, values: readonly unknown[] = []) =>
      Array.from((await inner.unsafe(text, [...values])) as Row[]),
  };
}

async function insist<T>(work: () => Promise<T>, patience: number, shown: string): Promise<T> {
  for (const end = performance.now() + patience; ; await pause(jitter(50, 400))) {
    try {
      return await work();
    } catch (cause) {
      if (!isPassing(cause) || performance.now() > end) throw postgresTrouble(cause, shown);
    }
  }
}
