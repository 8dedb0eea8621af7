/**
 * A store whose file is no longer at its place.
 *
 * A login moves a damaged store aside, and a person may put a backup in its place. Whoever has the old file open goes
 * on in the new one where that is the same vault, and says so where it is not: what is written to the old file is lost,
 * and what is read there may have been forgotten in the new one.
 *
 * @module
 */
import { constants } from "bun:sqlite";
import type { Database } from "bun:sqlite";
import { Unavailable } from "../errors.ts";
import type { StoreFacts } from "./store.ts";

const STORE_MOVED = "store_moved";

/** Whether another file, or none, has the name under which this one was opened. Costs one look at the folder. */
export function isFileMoved(database: Database): boolean {
  const answer = new Int32Array(2);
  database.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, answer);
  return answer[0] !== 0;
}

/** Whether what took a store's place holds the same logins, or is sealed with the same key. */
export function isSameVault(before: StoreFacts, found: StoreFacts): boolean {
  // A store that stayed may have another key since; one that was beyond reading was made anew under its old key.
  return before.storeId === found.storeId || before.keyFingerprint === found.keyFingerprint;
}

/** The file was moved, and there is none to go on in. */
export function storeGone(path: string): Unavailable {
  return new Unavailable(`Cannot use the vault "${path}": it was moved or deleted while it was in use`, {
    code: STORE_MOVED,
    hint: "put it back, or log in again: keyfob login ACCOUNT",
  });
}

/** The file was moved, and what is there now is not the same vault. */
export function storeReplaced(path: string): Unavailable {
  return new Unavailable(`Cannot use the vault "${path}": another one took its place while it was in use`, {
    code: STORE_MOVED,
    hint: "put the old one back, or start the program again: it opens the one that is there now",
  });
}

/** Whether `failure` says that the file was moved. */
export function isStoreMoved(failure: unknown): boolean {
  return failure instanceof Unavailable && failure.code === STORE_MOVED;
}

/**
 * Once more where the file was moved meanwhile: the second time begins with what is there now. To be used where nothing
 * is written twice by that, and nothing is sent twice: what was sent belongs to the login of the store that is gone.
 */
export async function onceMore<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (failure) {
    if (!isStoreMoved(failure)) throw failure;
    return use();
  }
}
