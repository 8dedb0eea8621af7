/**
 * Settling one answer at a time, where several ways wait for one.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { Turns } from "../../src/login/turns.ts";

test("an answer that comes second is settled only where the first one settled nothing", async () => {
  const turns = new Turns();
  const settled: string[] = [];
  const settle = (name: string, result: string | undefined) => async () => {
    await Bun.sleep(5);
    settled.push(name);
    return result;
  };
  await Promise.all([turns.take(settle("mistyped", undefined)), turns.take(settle("good", "tokens"))]);
  void turns.take(settle("late", "tokens"));
  await Bun.sleep(20);
  expect(settled).toEqual(["mistyped", "good"]);
});

test("an answer that came too late is not waited for: the login can end", async () => {
  const turns = new Turns();
  const first = turns.take(async () => "tokens");
  void turns.take(async () => "never settled");
  await first;
  await Bun.sleep(5);
  const idle = Promise.withResolvers<string>();
  turns.whenIdle(() => idle.resolve("idle"));
  expect(await Promise.race([idle.promise, Bun.sleep(200)])).toBe("idle");
});

test("a code that is being spent is never given up", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const settling = turns.take(async () => {
    await Bun.sleep(20);
    order.push("settled");
    return "tokens";
  });
  turns.whenIdle(() => order.push("interrupted"));
  await settling;
  await Bun.sleep(10);
  expect(order).toEqual(["settled", "interrupted"]);
});
