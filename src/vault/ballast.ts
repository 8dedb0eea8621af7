/**
 * Disk space kept back for the moment when a token that must not be lost meets a full disk.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileBehind } from "./link_target.ts";

/** Bytes kept: many times what saving the longest login writes. */
const BYTES = 256 * 1024;

/** On the disk that the store itself is on. */
function placeOf(store: string): string {
  return `${fileBehind(store)}.reserve`;
}

/** Bytes that {@link keepBallast} would still need. */
export function missingBallast(store: string): number {
  return existsSync(placeOf(store)) ? 0 : BYTES;
}

/**
 * Sets space aside beside `store`, where none is.
 *
 * @throws the system's error where there is no space left: then nothing irreplaceable should be asked for
 */
export function keepBallast(store: string): void {
  const place = placeOf(store);
  if (existsSync(place)) return;
  const growing = `${place}.${process.pid}`;
  try {
    fill(growing);
    renameSync(growing, place);
  } catch (cause) {
    rmSync(growing, { force: true });
    throw cause;
  }
}

/** Gives the space back. False where none was set aside. */
export function dropBallast(store: string): boolean {
  const place = placeOf(store);
  if (!existsSync(place)) return false;
  rmSync(place, { force: true });
  return true;
}

/** Random bytes, so that no file system stores them as a hole or compresses them away. */
function fill(path: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    for (let written = 0; written < BYTES; written += 65_536) {
      const piece = crypto.getRandomValues(new Uint8Array(65_536));
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
