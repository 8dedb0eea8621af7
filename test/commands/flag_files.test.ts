/**
 * Files that flags name: what will not do is refused before a login starts.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAuthorityFile, parseSecretFile } from "../../src/commands/flag_files.ts";

const AUTHORITY = join(import.meta.dir, "../servers/certificates/authority.pem");

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "keyfob-flags-"))));
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: string, mode: number): Promise<string> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

test("a secret's file that others can write to, or that is empty, is refused; others may read it", async () => {
  const writable = await fileOf("hush", 0o622);
  expect(() => parseSecretFile(writable)).toThrow("other users may write to it");
  const empty = await fileOf("", 0o600);
  expect(() => parseSecretFile(empty)).toThrow("it is empty");
  for (const mode of [0o600, 0o644]) {
    const path = await fileOf("hush", mode);
    expect(parseSecretFile(path)).toBe(path);
  }
});

test("a file that is gone when a refresh reads it again is refused: pipes, standard input, open descriptors", async () => {
  const pipe = join(folder, "pipe");
  await Bun.$`mkfifo ${pipe}`;
  const file = await open(await fileOf("hush", 0o600));
  for (const path of [pipe, `/dev/fd/${file.fd}`, `/proc/self/fd/${file.fd}`]) {
    expect(() => parseSecretFile(path)).toThrow("a refresh could not read it again");
    expect(() => parseAuthorityFile(path)).toThrow("it holds no certificate");
  }
  await file.close();
});

test("an authority's file must hold a certificate", async () => {
  expect(parseAuthorityFile(AUTHORITY)).toBe(AUTHORITY);
  const torn = await fileOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o600);
  expect(() => parseAuthorityFile(torn)).toThrow("it holds no certificate");
});
