import { expect, test } from "bun:test";
import { nearest } from "../src/nearest.ts";

test("nearest() finds the name with a letter missing, doubled or swapped", () => {
  expect(nearest("gogle", ["github", "google"])).toBe("google");
  expect(nearest("googgle", ["github", "google"])).toBe("google");
  expect(nearest("goolge", ["github", "google"])).toBe("google");
  expect(nearest("token_endpont", ["token_endpoint", "userinfo_endpoint"])).toBe("token_endpoint");
});

test("nearest() takes case and dashes for what they were meant to be", () => {
  expect(nearest("Register-URL", ["register_url"])).toBe("register_url");
});

test("nearest() says nothing rather than something far away", () => {
  expect(nearest("zzz", ["github", "google"])).toBeUndefined();
  expect(nearest("x", ["y"])).toBeUndefined();
  expect(nearest("", ["y"])).toBeUndefined();
});

test("nearest() prefers the first of equally close names", () => {
  expect(nearest("cat", ["cut", "cot"])).toBe("cut");
});

test("nearest() stays quick for a hostile name of a megabyte", () => {
  const started = performance.now();
  expect(nearest("a".repeat(1_000_000), ["google"])).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(200);
});
