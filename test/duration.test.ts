/**
 * Durations as people write them.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { parseDuration } from "../src/duration.ts";
import { UsageError } from "../src/errors.ts";

test.each([
  ["0s", 0],
  ["30s", 30],
  ["090s", 90],
  ["5m", 300],
  ["1h", 3600],
  ["24h", 86_400],
  ["1440m", 86_400],
  ["86400s", 86_400],
] as const)("%s is %d seconds", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each([
  "",
  "5",
  "m",
  "5M",
  "5 m",
  " 5m",
  "5m ",
  "5m\n",
  "-5m",
  "+5m",
  "1.5h",
  "1h30m",
  "5min",
  "5d",
  "٥m",
  "25h",
  "1441m",
  "86401s",
  "999999999h",
  "1e3s",
  "Infinitys",
  "0x5s",
])("%j is refused, quoted, with what to write", (text) => {
  expect(() => parseDuration(text)).toThrow(UsageError);
  expect(() => parseDuration(text)).toThrow(
    expect.objectContaining({
      code: "bad_duration",
      exitStatus: 2,
      message: `Cannot read "${text}" as a duration`,
    }),
  );
});
