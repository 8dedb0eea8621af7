/**
 * `keyfob status`: every account, for people as a table, for programs as JSON.
 *
 * @module
 */
import { type AccountStatus, readStatus } from "../accounts/status.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine, time } from "./json.ts";
import { table } from "./table.ts";
import { untilText } from "./time_text.ts";

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
  if (statuses.length === 0) return terminal.say("Nobody is logged in. Log in with: keyfob login PROVIDER");
  await terminal.data(
    table(
      ["ACCOUNT", "WHO", "TOKEN", "REFRESH"],
      statuses.map((status) => row(status, services.now())),
    ),
  );
  const { keySource } = await services.vault();
  terminal.say(`Sealed with the ${keySource}`, "quiet");
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

function row(status: AccountStatus, now: Date): string[] {
  const account = formatAccountName(status.name);
  const who = status.display ?? status.subject ?? "unknown";
  if (status.state === "exported") return [account, who, "exported", "on another machine now"];
  if (status.state === "unreadable") return [account, "unknown", "unreadable", status.lastError ?? ""];
  if (status.state !== "alive") return [account, who, "login needed", whyOver(status, account)];
  return [account, who, untilText(status.expiresAt, now), refreshText(status)];
}

function whyOver(status: AccountStatus, account: string): string {
  const why = status.lastError === null ? "" : ` (${status.lastError})`;
  return `keyfob login ${account}${why}`;
}

function refreshText(status: AccountStatus): string {
  if (status.lastError !== null) return `failed last time: ${status.lastError}`;
  return status.refreshable ? "automatic" : "not possible";
}
