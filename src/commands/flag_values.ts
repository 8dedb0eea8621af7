/**
 * Values of flags: repeated ones gathered, wrong ones refused with the nearest right one.
 *
 * @module
 */
import { isIP } from "node:net";
import { type LoginMethod, METHODS } from "./login_flags.ts";
import { parseDuration } from "../duration.ts";
import { UsageError } from "../errors.ts";
import { isSafeAddress } from "../guarded_fetch.ts";
import { nearest } from "../nearest.ts";
import { type AccountName, parseAccountName } from "../vault/account.ts";

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
 * A repeatable `--env NAME=ACCOUNT`.
 *
 * @throws {UsageError} `bad_pair`, `bad_account` or `variable_taken`
 */
export function collectVariable(
  value: string,
  before: Readonly<Record<string, AccountName>> = {},
): Record<string, AccountName> {
  const [, name, account] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || account === undefined) {
    throw new UsageError(`Cannot read "${value}" as NAME=ACCOUNT`, {
      code: "bad_pair",
      hint: "--env API_TOKEN=PROVIDER/LABEL",
    });
  }
  if (Object.hasOwn(before, name)) {
    throw new UsageError(`Cannot put two tokens into ${name}`, {
      code: "variable_taken",
      hint: "give each account a variable of its own",
    });
  }
  return { ...before, [name]: parseAccountName(account) };
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
 * An address to listen on: a name could mean several, and change.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseBindAddress(value: string): string {
  if (isIP(value) !== 0) return value;
  throw new UsageError(`Cannot listen on "${value}": it is not an IP address`, {
    code: "bad_value",
    hint: "give an address of this machine, such as 0.0.0.0 in a container",
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
 * `--client-id`.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseClientId(value: string): string {
  if (value.trim() !== "") return value;
  throw new UsageError("Cannot log in with an empty --client-id", {
    code: "bad_value",
    hint: "give the id that the provider shows for your client, or leave --client-id out",
  });
}

/**
 * `--redirect-uri`, which providers compare letter by letter, so it stays as it was written.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseRedirectUri(value: string): string {
  const address = /[\s\p{Cc}\\]/u.test(value) ? null : URL.parse(value);
  const problem = address === null ? "it is not an address" : redirectProblem(address, value);
  if (problem === undefined) return value;
  throw new UsageError(`Cannot use that --redirect-uri: ${problem}`, {
    code: "bad_value",
    hint: "--redirect-uri https://example.com/callback, or http://127.0.0.1:PORT/callback",
  });
}

/** RFC 6749 section 3.1.2, RFC 8252 section 7.3. */
function redirectProblem(address: URL, value: string): string | undefined {
  if (!isSafeAddress(address)) return "it must begin with https://, or be http on this machine (127.0.0.1)";
  if (value.includes("#")) return "it may have no fragment (#)";
  if (address.username !== "" || address.password !== "") return "it may name no user";
  return undefined;
}

/**
 * `--redirect-port`.
 *
 * @throws {UsageError} `bad_value`
 */
export function parseRedirectPort(value: string): "any" | "registered" | number {
  return value === "any" || value === "registered" ? value : parsePort(value);
}

/**
 * A duration in seconds, with the words it was given in.
 *
 * @throws {UsageError} `bad_duration`
 */
export function readDuration(text: string): { text: string; seconds: number } {
  return { text, seconds: parseDuration(text) };
}
