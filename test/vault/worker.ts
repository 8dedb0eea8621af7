/**
 * One process among many at the same vault: `bun worker.ts HOME TASK ARGUMENT`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeyfobError } from "../../src/errors.ts";
import { withFileLock } from "../../src/vault/file_lock.ts";
import { openVault } from "../../src/vault/vault.ts";
import { GOOGLE, homePaths, sessionWith } from "./fixtures.ts";
import { httpRefresher } from "./http_refresher.ts";

const [home = "", task = "", argument = ""] = process.argv.slice(2);
const vault = await openVault({
  paths: homePaths(home),
  environment: {},
  now: () => new Date(),
  notice: (text) => console.error(text),
});

const TASKS: Record<string, () => Promise<string>> = {
  fresh: () => fresh(async () => {}),
  stopAfterJournal: () =>
    fresh(async () => {
      console.log("journalled");
      await Bun.sleep(60_000);
    }),
  save: async () => {
    await vault.save({ provider: "google", label: argument }, sessionWith(3600));
    return "saved";
  },
  saveLarge: async () => {
    const session = sessionWith(3600);
    const tokens = { ...session.tokens, accessToken: "x".repeat(200_000) };
    await vault.save({ provider: "google", label: argument }, { ...session, tokens });
    return "saved";
  },
  rekey: async () => (await vault.rekey()).keySource,
  countUnderLock: async () => {
    for (let turns = Number(argument); turns > 0; turns -= 1) await withFileLock(join(home, "lock"), count);
    return "counted";
  },
  holdLock: () =>
    withFileLock(join(home, "lock"), async () => {
      await count();
      await Bun.sleep(60_000);
      return "held";
    }),
  claim: async () => (await vault.claimAttempt(argument)).state,
};

/** Loses count where two do it at once. */
async function count(): Promise<void> {
  const counter = join(home, "counter");
  const before = Number(readFileSync(counter, "utf8"));
  await Bun.sleep(1);
  writeFileSync(counter, String(before + 1));
}

async function fresh(afterJournal: () => Promise<void>): Promise<string> {
  const refresher = httpRefresher(argument, afterJournal);
  const { account } = await vault.fresh(GOOGLE, { minValidSeconds: 60, refresher });
  return account.session.tokens.accessToken;
}

try {
  console.log(await TASKS[task]?.());
} catch (failure) {
  if (!(failure instanceof KeyfobError)) throw failure;
  console.log(failure.code, failure.message);
}
await vault.close();
