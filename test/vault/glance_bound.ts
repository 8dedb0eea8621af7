/**
 * The number of the login that was last saved, where other processes see it.
 *
 * @module
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Says that login number `count` is in the store. */
export function publish(folder: string, count: number): void {
  writeFileSync(join(folder, "bound.new"), String(count));
  renameSync(join(folder, "bound.new"), join(folder, "bound"));
}

export function published(folder: string): number {
  return Number(readFileSync(join(folder, "bound"), "utf8"));
}
