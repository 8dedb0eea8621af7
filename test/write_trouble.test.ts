/**
 * What keeps a file from being written, in words.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../src/errors.ts";
import { cannotWrite, writeTrouble } from "../src/write_trouble.ts";

function failure(code: string): Error {
  return Object.assign(new Error("said by the system"), { code });
}

test("writeTrouble() says what the code means, names the folder, and how to go on", () => {
  expect(writeTrouble(failure("ENOSPC"), "/there/file")).toEqual({
    kind: "full",
    reason: "the disk is full",
    hint: 'free some space on the disk of "/there"',
  });
  expect(writeTrouble(failure("EDQUOT"), "/there/file")?.kind).toBe("full");
  expect(writeTrouble(failure("EROFS"), "/there/file")).toMatchObject({
    kind: "read_only",
    hint: expect.stringContaining("set KEYFOB_HOME to a folder of your own"),
  });
  expect(writeTrouble(failure("EACCES"), "/there/file", "name another file")).toMatchObject({
    reason: "permission is denied",
    hint: 'name another file, or see that you may write to "/there"',
  });
  expect(writeTrouble(failure("SQLITE_CORRUPT"), "/there/file")).toBeUndefined();
  expect(writeTrouble(new TypeError("no system's failure"), "/there/file")).toBeUndefined();
});

test("writeTrouble() does not take a disk that fails for a full one where there is space", () => {
  const folder = mkdtempSync(join(tmpdir(), "keyfob-trouble-"));
  try {
    const file = join(folder, "file");
    writeFileSync(file, "x");
    expect(writeTrouble(failure("SQLITE_IOERR_READ"), file)).toMatchObject({
      kind: "io",
      reason: "the disk failed to read or write",
      hint: expect.stringContaining(folder),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("cannotWrite() shows no bare code where it has words, and leaves what is understood already", () => {
  expect(cannotWrite(failure("ENOSPC"), "/there/file")).toMatchObject({
    code: "not_written",
    exitStatus: 1,
    message: 'Cannot write "/there/file": the disk is full',
  });
  expect(cannotWrite(failure("EISDIR"), "/there/file")).toMatchObject({
    message: 'Cannot write "/there/file": the system says EISDIR',
    hint: undefined,
  });
  expect(cannotWrite(failure("ENOENT"), "/there/file")).toMatchObject({
    message: 'Cannot write "/there/file": its folder is not there',
    hint: 'make the folder "/there"',
  });
  for (const other of [new UsageError("said already"), new TypeError("a mistake of ours")])
    expect(cannotWrite(other, "/there/file")).toBe(other);
});
