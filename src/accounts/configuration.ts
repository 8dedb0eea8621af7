/**
 * The person's own settings, `config.json`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { ConfigurationError } from "../errors.ts";
import { type AccountName, parseAccountName } from "../vault/account.ts";

/** Settings of one installation. */
export interface Configuration {
  /** The account that `keyfob token` means where none is named. */
  readonly defaultAccount?: AccountName;
}

/**
 * Reads `config.json`; a missing file is an empty one.
 *
 * @throws {ConfigurationError} where it is not as it must be
 */
export async function readConfiguration(file: string): Promise<Configuration> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return "{}";
    throw new ConfigurationError(`Cannot read "${file}"`, { cause });
  });
  const account = defaultAccountOf(parse(file, text), file);
  return account === undefined ? {} : { defaultAccount: parseAccountName(account) };
}

function parse(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigurationError(`Cannot read "${file}": it is not JSON`, { cause });
  }
  throw new ConfigurationError(`Cannot read "${file}": it is not a JSON object`);
}

function defaultAccountOf(document: Record<string, unknown>, file: string): string | undefined {
  const { default_account: account, ...others } = document;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ConfigurationError(`Cannot use "${file}": it holds the unknown setting "${unknown}"`, {
      hint: 'known settings: "default_account"',
    });
  }
  if (account === undefined || typeof account === "string") return account;
  throw new ConfigurationError(`Cannot use "${file}": "default_account" is not text`, {
    hint: 'write "google/work"',
  });
}
