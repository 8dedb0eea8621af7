/**
 * Who listens on a port, where Linux lets us see it.
 *
 * @module
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { harmless } from "../hostile_text.ts";

/** A program that listens. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** The state of a listening socket in `/proc/net/tcp` (TCP_LISTEN). */
const LISTENING = "0A";

/** The program that listens on `port`; undefined where it belongs to somebody else, or this is no Linux. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = new Set((await listeningInodes(port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const entry of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(entry) && (await holdsOneOf(entry, sockets))) {
      const name = await readFile(`/proc/${entry}/comm`, "utf8").catch(() => "");
      return { pid: Number(entry), name: harmless(name, 40) };
    }
  }
  return undefined;
}

/** `"node" (process 4711)`, or undefined. */
export async function describePortHolder(port: number): Promise<string | undefined> {
  const holder = await findPortHolder(port);
  return holder === undefined ? undefined : `"${holder.name}" (process ${holder.pid})`;
}

async function listeningInodes(port: number): Promise<string[]> {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((table) => readFile(table, "utf8").catch(() => "")),
  );
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.endsWith(`:${hexadecimal}`))
    .map((fields) => fields[9] ?? "");
}

/** Other people's processes cannot be looked into; that is no error. */
async function holdsOneOf(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const links = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => "")));
  return links.some((link) => sockets.has(link));
}
