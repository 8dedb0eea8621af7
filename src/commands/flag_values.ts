/**
 * Values of flags: repeated ones gathered, wrong ones refused with the nearest right one.
 *
 * @module
 */
import { type LoginMethod, METHODS } from "./login_flags.ts";
import { parseDuration } from "../duration.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** A repeatable flag. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * A repeatable NAME=VALUE flag.
 *
 * @throws {UsageError} `bad_pair`
 */
export function collectPair(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const equals = value.indexOf("=");
  if (equals < 1) {
    throw new UsageError(`Cannot read "${value}" as NAME=VALUE`, {
      code: "bad_pair",
      hint: "--set tenant=common",
    });
  }
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}

/**
 * `--method`.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseMethod(value: string): LoginMethod {
  return choose(value, METHODS, "--method");
}

/**
 * `--format`.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseFormat(value: string): "config" {
  return choose(value, ["config"] as const, "--format");
}

function choose<Choice extends string>(value: string, choices: readonly Choice[], flag: string): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const guess = nearest(value, choices);
  throw new UsageError(`Cannot use "${value}" as ${flag}: it is none of ${choices.join(", ")}`, {
    code: "bad_value",
    hint: guess === undefined ? `one of ${choices.join(", ")}` : `did you mean ${flag} ${guess}?`,
  });
}

/**
 * A port number.
 *
 * @throws {UsageError} `bad_value`
 */
export function parsePort(value: string): number {
  const port = /^[0-9]{1,5}$/.test(value) ? Number(value) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`Cannot use "${value}" as a port`, {
    code: "bad_value",
    hint: "a number from 1 to 65535",
  });
}

/**
 * A duration in seconds, with the words it was given in.
 *
 * @throws {UsageError} `bad_duration`
 */
export function readDuration(text: string): { text: string; seconds: number } {
  return { text, seconds: parseDuration(text) };
}
