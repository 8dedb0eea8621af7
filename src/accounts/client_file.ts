/**
 * The file that a provider offers for download when a client is made.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, type FailureOptions } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { opennessOf } from "../private_file.ts";
import { type ClientDocument, readClientDocument } from "../registry/client_document.ts";

/** Bytes of such a file: real ones have 500. */
const LARGEST_FILE = 65_536;

/** What the file says. */
export interface ClientFile extends ClientDocument {
  readonly path: string;
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
 * Reads the file: the fields stand at its top, or under `installed` or `web`. `notice` is told of a secret that other
 * users of the machine can read, as of every file with one.
 *
 * @throws {ConfigurationError} code `client_file`, also where others may write to it; the message never repeats what
 * stands in the file
 */
export async function readClientFile(
  path: string,
  notice: (text: string) => void = () => {},
): Promise<ClientFile> {
  const { text, openness } = await readStart(path);
  if (openness === "writable") throw badFile(path, "other users may write to it", { hint: closing(path) });
  const document = readClientDocument(text);
  if (typeof document === "string") throw badFile(path, document);
  if (document.clientSecret === undefined) return { path, ...document };
  if (openness === "readable") notice(`"${harmless(path)}" can be read by other users: ${closing(path)}`);
  return { path, ...document };
}

/** The command that closes a file to others. */
function closing(path: string): string {
  return `chmod go= '${harmless(path)}'`;
}

interface Start {
  readonly text: string;
  readonly openness: ReturnType<typeof opennessOf>;
}

async function readStart(path: string): Promise<Start> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw badFile(path, "it cannot be read", { cause });
  });
  try {
    const found = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LARGEST_FILE + 1), 0, LARGEST_FILE + 1);
    if (bytesRead > LARGEST_FILE) throw badFile(path, "it is larger than 64 KiB");
    // A pipe, as of a shell's `<(command)`, has no mode of its own that says who reads it.
    const openness = opennessOf(found.isFile() ? found.mode : 0);
    return { text: buffer.toString("utf8", 0, bytesRead), openness };
  } catch (cause) {
    throw cause instanceof ConfigurationError ? cause : badFile(path, "it cannot be read", { cause });
  } finally {
    await file.close();
  }
}

function badFile(path: string, reason: string, options: FailureOptions = {}): ConfigurationError {
  return new ConfigurationError(`Cannot take the client from "${harmless(path)}": ${reason}`, {
    code: "client_file",
    hint: "give the JSON file as the provider offers it for download",
    ...options,
  });
}
