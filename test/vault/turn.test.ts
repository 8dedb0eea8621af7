/**
 * Turns of processes that work for long, or are gone.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { inTurn } from "../../src/vault/turn.ts";
import { sqlitePair } from "./store_pairs.ts";

const SHORT = { lasts: 200, renewed: 40 };

test("a turn lasts as long as its work, however long that is, and is free right after it", async () => {
  await using pair = await sqlitePair();
  const [one, two] = [pair.one.attempts, pair.two.attempts];
  const long = inTurn(one, "t", () => Bun.sleep(700).then(() => "done"), SHORT);
  await Bun.sleep(500);
  expect(await inTurn(two, "t", async () => "too early", SHORT)).toBeUndefined();
  expect(await long).toBe("done");
  expect(await inTurn(two, "t", async () => "next", SHORT)).toBe("next");
});

test("a turn whose process is gone is soon over", async () => {
  await using pair = await sqlitePair();
  await pair.one.attempts.takeTurn("t", SHORT.lasts);
  expect(await inTurn(pair.two.attempts, "t", async () => "too early", SHORT)).toBeUndefined();
  await Bun.sleep(SHORT.lasts + 20);
  expect(await inTurn(pair.two.attempts, "t", async () => "next", SHORT)).toBe("next");
});

test("work that fails gives its turn back, and its failure is told", async () => {
  await using pair = await sqlitePair();
  const { attempts } = pair.one;
  await expect(inTurn(attempts, "t", () => Promise.reject(new Error("oh")), SHORT)).rejects.toThrow("oh");
  expect(await inTurn(attempts, "t", async () => "next", SHORT)).toBe("next");
});

test("what the work brought is not lost where the turn cannot be ended", async () => {
  await using pair = await sqlitePair();
  const broken = { ...pair.one.attempts, endTurn: () => Promise.reject(new Error("the disk is full")) };
  expect(await inTurn(broken, "t", async () => "tokens", SHORT)).toBe("tokens");
});
