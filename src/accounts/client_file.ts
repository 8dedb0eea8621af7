/**
 * A client as providers hand it out for download, such as Google's `client_secret_*.json`.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";

/** Bytes of such a file: real ones have 500. */
const LARGEST_FILE = 65_536;

/** What the file says. */
export interface ClientFile {
  readonly path: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Whether it is a client of a web server, which loopback addresses may be refused to. */
  readonly isWeb: boolean;
}

/** The path that `text` means, as terminals write one that is dragged into them; undefined where it is something else. */
export function pathIn(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2")
    .replaceAll("\\ ", " ");
  const isPath = /^(?:~?\/|\.{1,2}\/|[A-Za-z]:\\)/.test(bare) || /^(?!https?:).*\.json$/i.test(bare);
  if (!isPath) return undefined;
  return bare.startsWith("~/") ? join(homedir(), bare.slice(2)) : bare;
}

/**
 * Reads the file: the fields stand at its top, or under `installed` or `web`.
 *
 * @throws {ConfigurationError} code `client_file`; the message never repeats what stands in the file
 */
export async function readClientFile(path: string): Promise<ClientFile> {
  const document = parse(await readStart(path), path);
  const inner = document["installed"] ?? document["web"] ?? document;
  const { client_id: id, client_secret: secret } = (
    typeof inner === "object" && inner !== null ? inner : {}
  ) as {
    client_id?: unknown;
    client_secret?: unknown;
  };
  if (typeof id !== "string" || id === "") throw badFile(path, "it holds no client_id");
  const isWeb = document["installed"] === undefined && document["web"] !== undefined;
  return {
    path,
    clientId: id,
    isWeb,
    ...(typeof secret === "string" && secret !== "" ? { clientSecret: secret } : {}),
  };
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw badFile(path, "it cannot be read", cause);
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LARGEST_FILE + 1), 0, LARGEST_FILE + 1);
    if (bytesRead > LARGEST_FILE) throw badFile(path, "it is larger than 64 KiB");
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    throw cause instanceof ConfigurationError ? cause : badFile(path, "it cannot be read", cause);
  } finally {
    await file.close();
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === "object" && document !== null) return document as Record<string, unknown>;
  } catch (cause) {
    throw badFile(path, "it is not JSON", cause);
  }
  throw badFile(path, "it is not a JSON object");
}

function badFile(path: string, reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`Cannot take the client from "${harmless(path)}": ${reason}`, {
    code: "client_file",
    hint: "give the JSON file as the provider offers it for download",
    cause,
  });
}
