/**
 * Saves one login over and over, and says after each save which one every look must find at least:
 * `bun saving_program.ts HOME WAY SECONDS`.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { openVault } from "../../src/vault/vault.ts";
import { GOOGLE, homePaths, sessionWith } from "./fixtures.ts";
import { publish } from "./glance_bound.ts";

const [home = "", way = "", seconds = ""] = process.argv.slice(2);
const paths = homePaths(home);
const open = () => openVault({ paths, environment: {}, now: () => new Date(), notice: console.error });

let vault = await open();
const database = new Database(paths.vaultFile);
for (let count = 1, end = Date.now() + Number(seconds) * 1000; Date.now() < end; count += 1) {
  const session = sessionWith(3600);
  // Long ones spill over several pages, and no two are of one length.
  const accessToken = `${count}.${"x".repeat((count * 997) % 12_000)}`;
  await vault.save(GOOGLE, { ...session, tokens: { ...session.tokens, accessToken } });
  publish(home, count);
  if (way === "closing") {
    await vault.close();
    vault = await open();
  } else {
    database.query("PRAGMA wal_checkpoint(TRUNCATE)").all();
  }
  // Rests of all lengths, so that a look begins and ends everywhere in them.
  await Bun.sleep((count * 7) % 60);
}
await vault.close();
