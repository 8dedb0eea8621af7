/**
 * Flags that name files: one that will not do is refused before a person is sent to sign in.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { readPem } from "../certificate_authorities.ts";
import { UsageError } from "../errors.ts";
import { opennessOf } from "../private_file.ts";

/** Ways to files that others opened: what they name is gone with this process. */
const PASSING = /^\/(?:dev|proc)\//;

/**
 * `--client-secret-file`, which is read when it is needed, by refreshes too.
 *
 * @throws {UsageError} `bad_file`
 */
export function parseSecretFile(path: string): string {
  const found = readable(path, "--client-secret-file");
  if (!lasts(path, found)) {
    throw badFile(path, "--client-secret-file", {
      reason: "a refresh could not read it again",
      hint: "give a file that stays, or let keyfob seal what a pipe brings: keyfob providers add PROVIDER --client-id ID --client-secret-file FILE",
    });
  }
  if (found.size === 0) throw badFile(path, "--client-secret-file", { reason: "it is empty" });
  if (opennessOf(found.mode) !== "writable") return path;
  const trouble = { reason: "other users may write to it", hint: `chmod go= '${path}'` };
  throw badFile(path, "--client-secret-file", trouble);
}

/**
 * `--ca`.
 *
 * @throws {UsageError} `bad_file`
 */
export function parseAuthorityFile(path: string): string {
  // Refreshes read it again.
  const text = lasts(path, readable(path, "--ca")) ? readPem(path) : undefined;
  if (text !== undefined && isCertificate(text)) return path;
  const trouble = { reason: "it holds no certificate", hint: "give a PEM file of the authority" };
  throw badFile(path, "--ca", trouble);
}

/** Whether a later process finds the same at `path`: not so with a pipe, as of a shell's `<(command)`. */
function lasts(path: string, found: Stats): boolean {
  return found.isFile() && !PASSING.test(resolve(path));
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}

function readable(path: string, flag: string): Stats {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw badFile(path, flag, { reason: "there is no such file" });
  if (found.isDirectory()) throw badFile(path, flag, { reason: "it is a folder" });
  try {
    accessSync(path, constants.R_OK);
    return found;
  } catch (cause) {
    throw badFile(path, flag, { reason: "you may not read it", hint: `ls -l '${path}'`, cause });
  }
}

interface Trouble {
  readonly reason: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

function badFile(path: string, flag: string, { reason, hint, cause }: Trouble): UsageError {
  return new UsageError(`Cannot use "${path}" as ${flag}: ${reason}`, {
    code: "bad_file",
    hint: hint ?? `give the path of a file that you can read: ${flag} FILE`,
    cause,
  });
}
