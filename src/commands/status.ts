/**
 * `keyfob status`: every account, for people as a table, for programs as JSON.
 *
 * @module
 */
import { type AccountStatus, readStatus } from "../accounts/status.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine, time } from "./json.ts";
import { type NotedRow, notedTable, table } from "./table.ts";
import { untilText } from "./time_text.ts";
import { sayWrapped } from "./wrapped_text.ts";

/** Parsed flags of `keyfob status`. */
export interface StatusFlags {
  readonly account?: string | undefined;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: StatusFlags): Promise<void> {
  const { terminal, services } = context;
  const name = flags.account === undefined ? undefined : parseAccountName(flags.account);
  const statuses = await readStatus(services, name);
  if (flags.json) return terminal.data(jsonLine(statuses.map(document)));
  if (statuses.length === 0)
    return sayWrapped(terminal, "Nobody is logged in. Log in with: keyfob login PROVIDER");
  const rows = statuses.map((status) => row(status, services.now()));
  await terminal.data(overview(rows, terminal.dataColumns));
  const { keySource } = await services.vault();
  sayWrapped(terminal, `Sealed with the ${keySource}`, "quiet");
}

const HEADING = ["ACCOUNT", "WHO", "TOKEN", "REFRESH"];

/** For people what went wrong stands below the account; programs get one line for each. */
function overview(rows: readonly NotedRow[], columns: number | undefined): string {
  return columns === undefined ? table(HEADING, rows.map(onOneLine)) : notedTable(HEADING, rows, columns);
}

function onOneLine({ cells, note }: NotedRow): string[] {
  const last = cells.at(-1) ?? "";
  if (note === undefined) return [...cells];
  return [...cells.slice(0, -1), last === "" ? note : `${last} (${note})`];
}

function document(status: AccountStatus): object {
  return {
    ...accountFields(status.name),
    subject: status.subject,
    display: status.display,
    expires_at: time(status.expiresAt),
    refreshable: status.refreshable,
    scope: status.scope,
    state: status.state,
    last_refresh: time(status.lastRefresh),
    last_error: status.lastError,
  };
}

function row(status: AccountStatus, now: Date): NotedRow {
  const account = formatAccountName(status.name);
  const who = status.display ?? status.subject ?? "unknown";
  const note = status.lastError ?? undefined;
  if (status.state === "exported") return { cells: [account, who, "exported", "on another machine now"] };
  if (status.state === "unreadable") return { cells: [account, "unknown", "unreadable", ""], note };
  if (status.state !== "alive")
    return { cells: [account, who, "login needed", `keyfob login ${account}`], note };
  return { cells: [account, who, untilText(status.expiresAt, now), refreshText(status)], note };
}

function refreshText({ lastError, refreshable, isProviderMissing }: AccountStatus): string {
  if (isProviderMissing) return "provider missing";
  if (lastError !== null) return "failed last time";
  return refreshable ? "automatic" : "not possible";
}
