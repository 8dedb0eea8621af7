/**
 * Files and folders of their owner alone.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { narrow, privateFolder, refuseForeignFile, writePrivateFile } from "../src/private_file.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "keyfob-private-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

async function fileWith(mode: number): Promise<string> {
  const path = join(folder, "file");
  await writeFile(path, "x");
  await chmod(path, mode);
  return path;
}

describe("privateFolder()", () => {
  test("makes it and its parents 0700", async () => {
    const path = join(folder, "a", "b");
    expect(await privateFolder(path)).toBe(false);
    expect([await modeOf(path), await modeOf(join(folder, "a"))]).toEqual([0o700, 0o700]);
  });

  test("narrows one that is wider, and says so", async () => {
    const path = join(folder, "a");
    await mkdir(path);
    await chmod(path, 0o755);
    expect(await privateFolder(path)).toBe(true);
    expect(await modeOf(path)).toBe(0o700);
    expect(await privateFolder(path)).toBe(false);
  });
});

describe("narrow()", () => {
  test.each([0o640, 0o604, 0o620, 0o666, 0o777])("takes %o away from group and others", async (mode) => {
    const path = await fileWith(mode);
    expect(await narrow(path)).toBe(true);
    expect(await modeOf(path)).toBe(0o600);
  });

  test.each([0o600, 0o400])("leaves %o as it is", async (mode) => {
    const path = await fileWith(mode);
    expect(await narrow(path)).toBe(false);
    expect(await modeOf(path)).toBe(mode);
  });
});

describe("writePrivateFile()", () => {
  test("writes a file that is 0600 whatever the umask", async () => {
    const before = process.umask(0);
    try {
      await writePrivateFile(join(folder, "file"), "content");
    } finally {
      process.umask(before);
    }
    expect(await readFile(join(folder, "file"), "utf8")).toBe("content");
    expect(await modeOf(join(folder, "file"))).toBe(0o600);
  });

  test("replaces what was there, its permissions too, and leaves nothing beside it", async () => {
    const path = await fileWith(0o666);
    await writePrivateFile(path, new Uint8Array([1, 2]));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("that fails leaves what was there, and nothing beside it", async () => {
    const path = join(folder, "target");
    await mkdir(join(path, "not-empty"), { recursive: true });
    await expect(writePrivateFile(path, "content")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["target"]);
    await expect(writePrivateFile(join(folder, "nowhere", "file"), "content")).rejects.toThrow();
  });

  test("many at once leave one whole file", async () => {
    const path = join(folder, "file");
    const contents = Array.from({ length: 10 }, (_, index) => String(index).repeat(5000));
    await Promise.all(contents.map((content) => writePrivateFile(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

describe("refuseForeignFile()", () => {
  test.each([0o600, 0o644, 0o444])("takes one that only we can write (%o)", async (mode) => {
    await refuseForeignFile(await fileWith(mode));
  });

  test.each([0o620, 0o602, 0o666])(
    "refuses one that others can write (%o), with the repair",
    async (mode) => {
      const path = await fileWith(mode);
      await expect(refuseForeignFile(path)).rejects.toMatchObject({
        code: "writable_by_others",
        exitStatus: 2,
        hint: `chmod go-w '${path}'`,
      });
    },
  );

  test("takes one of the administrator", async () => {
    await refuseForeignFile("/etc/passwd");
  });
});
