/**
 * Commands run in this process: an installation of its own, and a terminal that writes down what it is told.
 *
 * @module
 */
import { type Context, createContext } from "../../src/commands/context.ts";
import { runCommandLine } from "../../src/cli/command_line.ts";
import { KeyfobError } from "../../src/errors.ts";
import type { Terminal } from "../../src/terminal.ts";
import type { AccountName, Session } from "../../src/vault/account.ts";
import { type Bench, createBench } from "../accounts/fixtures.ts";

/** What a command line left behind. */
export interface Ran {
  /** Standard output. */
  readonly data: string;
  /** Standard error, one line each. */
  readonly said: readonly string[];
  readonly failure: KeyfobError | undefined;
}

/** An installation that command lines run in. */
export interface Commands extends AsyncDisposable {
  readonly bench: Bench;
  run(...argv: readonly string[]): Promise<Ran>;
  save(name: AccountName, session: Session, age?: number): Promise<void>;
}

/** An installation with these providers in the user registry, and nobody to ask; `dataColumns` where its output is seen. */
export async function createCommands(
  providers: Readonly<Record<string, unknown>> = {},
  { dataColumns }: Partial<Pick<Terminal, "dataColumns">> = {},
): Promise<Commands> {
  const bench = await createBench(providers);
  return {
    bench,
    save: (name, session, age) => bench.save(name, session, age),
    run: (...argv) => run(bench, argv, dataColumns),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

async function run(bench: Bench, argv: readonly string[], dataColumns: number | undefined): Promise<Ran> {
  const written = { data: "", said: [] as string[] };
  const context = contextOf(bench, { ...recorder(written), dataColumns });
  try {
    await runCommandLine(argv, context);
    return { ...written, failure: undefined };
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    return { ...written, failure };
  } finally {
    await context.close();
  }
}

/** The real context of a process, started with the installation as its home. */
function contextOf(bench: Bench, terminal: Terminal): Context {
  return createContext(terminal, new AbortController(), { ...process.env, KEYFOB_HOME: bench.home });
}

/** No person and no input; what a command may not do without one is missing, so that it would be noticed. */
function recorder(written: { data: string; said: string[] }): Terminal {
  const terminal: Partial<Terminal> = {
    interactive: false,
    colour: false,
    columns: 80,
    data: async (text) => void (written.data += text),
    say: (text) => void written.said.push(text),
    restore: () => {},
    async *lines() {},
    readAll: async () => "",
  };
  return terminal as Terminal;
}
