/**
 * The golden file: what each built-in entry makes of an authorization address and the request for tokens.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Arrived } from "../servers/arrived_request.ts";

/** Requests of one entry, with everything random masked. */
export interface GoldenEntry {
  /** The address that a person opens; absent where there are device codes alone. */
  readonly authorize?: string;
  /** The request that brings tokens. */
  readonly token: {
    readonly method: string;
    readonly address: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

const FILE = join(import.meta.dir, "golden.json");

/** Set to write the file anew. */
export const UPDATE_VARIABLE = "KEYFOB_UPDATE_GOLDEN";

/** Headers of the transport, which say nothing of an entry. */
const TRANSPORT = new Set(["host", "connection", "content-length", "accept-encoding", "user-agent"]);

/** Random parameters, in whatever encoding they stand. */
const RANDOM = /((?<![a-z_])"?(?:state|nonce|code_challenge|code_verifier)"?(?:=|%3D|:\s*"))[\w~.-]+/g;

/** Any free port. */
const PORT = /((?:127\.0\.0\.1|localhost)(?::|%3A))\d{5}(?=[%/?"])/g;

/** The golden entry of a login. */
export function goldenEntry(
  opened: string | undefined,
  { method, url, headers, text }: Arrived,
): GoldenEntry {
  const kept = [...headers]
    .filter(([name]) => !TRANSPORT.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    ...(opened === undefined ? {} : { authorize: masked(opened) }),
    token: { method, address: masked(url.href), headers: Object.fromEntries(kept), body: masked(text) },
  };
}

function masked(text: string): string {
  return text.replace(RANDOM, "$1RANDOM").replace(PORT, "$1PORT");
}

/** What the file says of `ids`. With the variable set, it first takes `entries` over. */
export async function readGolden(
  entries: Readonly<Record<string, GoldenEntry>>,
): Promise<Record<string, unknown>> {
  if (process.env[UPDATE_VARIABLE] !== undefined)
    await writeFile(FILE, `${JSON.stringify(entries, null, 2)}\n`);
  return JSON.parse(await readFile(FILE, "utf8")) as Record<string, unknown>;
}
