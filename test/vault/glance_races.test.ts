/**
 * The quick look beside processes that write, and beside one that copies a backup over the store.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { glanceAt } from "../../src/vault/glance.ts";
import { GOOGLE, until } from "./fixtures.ts";
import { publish, published } from "./glance_bound.ts";
import { homeAtRest, settle } from "./settled.ts";

const ROUNDS = Number(process.env["KEYFOB_ROUNDS"] ?? 3);
/** Milliseconds in which file systems here have steps of their times, several times over. */
const FINE = 25;

describe("beside a writer, it finds no login that was over when it began:", () => {
  test.each(["closing", "truncating"])("one that works in its log by %s", async (way) => {
    using home = await homeAtRest();
    const folder = home.paths.dataFolder;
    publish(folder, 0);
    const writer = Bun.spawn(
      [process.execPath, join(import.meta.dir, "saving_program.ts"), folder, way, String(ROUNDS)],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    await until(() => published(folder) > 0);
    const met = new Set<number>();
    for (let looks = 0; writer.exitCode === null; looks += 1) {
      const bound = published(folder);
      const places = { folder, namedKeyFile: undefined, settledMilliseconds: FINE };
      const token = (await glanceAt(places, GOOGLE).catch(() => undefined))?.session.tokens.accessToken;
      if (token !== undefined) {
        const count = Number.parseInt(token, 10);
        expect(count).toBeGreaterThanOrEqual(bound);
        expect(token).toHaveLength(String(count).length + 1 + ((count * 997) % 12_000));
        met.add(count);
      }
      if (looks % 50 === 0) await Bun.sleep(0);
    }
    expect(writer.exitCode).toBe(0);
    // It met the store at rest often enough for the loop to prove something.
    expect(met.size).toBeGreaterThan(5);
  });
});

test("a store that is copied over meanwhile, as a backup is, ends no process that looks", async () => {
  using home = await homeAtRest();
  const { vaultFile, dataFolder } = home.paths;
  const backup = join(home.folder, "backup");
  cpSync(vaultFile, backup);
  const program = join(import.meta.dir, "looking_program.ts");
  const looking = Bun.spawn([process.execPath, program, dataFolder, String(ROUNDS)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  while (looking.exitCode === null) {
    await Bun.$`cp ${backup} ${vaultFile}`;
    settle(home);
    await Bun.sleep(1);
  }
  const { looks, tokens } = JSON.parse(await new Response(looking.stdout).text()) as Record<string, unknown>;
  expect(looks).toBeGreaterThan(100);
  expect(tokens).toEqual(["access-1"]);
});
