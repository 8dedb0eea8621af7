import { describe, expect, test } from "bun:test";
import { retryAfterSeconds } from "../../src/oauth/retry_after.ts";

const NOW = new Date("1994-11-06T08:49:00Z");

function seconds(fields: Record<string, string>): number | undefined {
  return retryAfterSeconds(new Headers(fields), NOW);
}

describe("retryAfterSeconds()", () => {
  test.each([
    ["0", 0],
    ["7", 7],
    ["120", 120],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 37],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 37],
    ["Sun Nov  6 08:49:37 1994", 37],
    ["Sun, 06 Nov 1994 08:48:37 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["", undefined],
    ["Sun, 99 Nov 1994 08:49:37 GMT", undefined],
  ])("understands %j", (header, expected) => {
    expect(seconds({ "retry-after": header })).toBe(expected);
  });

  test("counts from the answer's own date, whatever the clock here says", () => {
    const date = "Mon, 02 Jan 2040 00:00:00 GMT";
    expect(seconds({ "retry-after": "Mon, 02 Jan 2040 00:00:05 GMT", date })).toBe(5);
    expect(seconds({ "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", date: "yesterday" })).toBe(37);
  });

  test("says nothing where there is no header", () => {
    expect(seconds({})).toBeUndefined();
  });
});
