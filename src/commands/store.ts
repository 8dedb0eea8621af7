/**
 * `keyfob store copy`: moves every login from one store to another.
 *
 * @module
 */
import type { StoreKind } from "../vault/store_copy.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";

/** Parsed flags of `keyfob store copy`. */
export interface CopyFlags {
  readonly from: StoreKind;
  readonly to: StoreKind;
  readonly keep: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function copy(context: Context, flags: CopyFlags): Promise<void> {
  const { terminal, services, paths, environment } = context;
  const { copyVault } = await import("../vault/vault.ts");
  const { describeCopied } = await import("../vault/store_copy.ts");
  const { now, notice } = services;
  const { accounts, secrets } = await copyVault({ paths, environment, now, notice }, flags);
  if (flags.json) {
    const list = accounts.map(({ name, result }) => ({ ...accountFields(name), result }));
    return terminal.data(jsonLine({ accounts: list, secrets, kept: flags.keep }));
  }
  for (const account of accounts) terminal.say(describeCopied(account));
  terminal.say(`Copied to the ${flags.to === "file" ? "vault's file" : "PostgreSQL store"}`, "good");
  if (!flags.keep)
    terminal.say("The old store does not refresh these logins any more; logins under way stay behind");
}
