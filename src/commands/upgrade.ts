/**
 * `keyfob upgrade`: the program itself, newer.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { download } from "../guarded_download.ts";
import { RELEASE_KEY, RELEASE_URL } from "../release_origin.ts";
import { checkForUpgrade, type Installed, rollBack, upgrade, type Upgraded } from "../upgrade/upgrade.ts";
import { BUILD } from "../version.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";

/** Parsed flags of `keyfob upgrade`. */
export interface UpgradeFlags {
  readonly check: boolean;
  readonly rollback: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: UpgradeFlags): Promise<void> {
  const done = await act(context, flags);
  if (flags.json) return context.terminal.data(jsonLine({ ...done, newer: isNewer(done) }));
  if (done.changed) return context.terminal.say(`keyfob is ${done.to} now; it was ${done.from}`, "good");
  context.terminal.say(
    isNewer(done)
      ? `keyfob ${done.to} is there; this is ${done.from}. Upgrade with: keyfob upgrade`
      : `keyfob ${done.from} is the newest`,
  );
}

async function act(context: Context, flags: UpgradeFlags): Promise<Upgraded> {
  if (flags.check && flags.rollback) {
    throw new UsageError("Cannot check and go back at once", { hint: "give --check or --rollback" });
  }
  const installed: Installed = { program: await realpath(process.execPath), build: BUILD };
  if (flags.rollback) return rollBack(installed);
  const source = {
    // A mirror changes where a release comes from, never who must have signed it.
    url: context.environment["KEYFOB_UPGRADE_URL"] || RELEASE_URL,
    publicKey: RELEASE_KEY,
    download,
    signal: context.signal,
  };
  return await (flags.check ? checkForUpgrade : upgrade)(installed, source);
}

function isNewer({ from, to }: Upgraded): boolean {
  return Bun.semver.order(to, from) > 0;
}
