/**
 * What the documents point to is there.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

function read(path: string): Promise<string> {
  return Bun.file(join(ROOT, path)).text();
}

/** The proofs that a line names: a test's file, and titles in it. */
function proofsOf(line: string): { file: string; titles: string[] }[] {
  const [, ...parts] = line.split(/`(?=test\/[^`]+\.test\.ts`: )/);
  return parts.map((part) => {
    const [file = "", titles = ""] = part.split(/`: (.*)/s);
    return { file, titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title) };
  });
}

describe("the threat model", () => {
  const text = readFileSync(join(ROOT, ".github/SECURITY.md"), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("- "));

  test.each(lines.map((line) => [line.slice(2, 80), line]))("%s", async (_beginning, line) => {
    const proofs = proofsOf(line);
    // Every promise has a proof; what an attacker can do needs none.
    const isPromise =
      /^- (?:Cannot|A folder|A backup or|Pressing|sudo|A proxy|git,|No program|The endpoint|The private)/.test(
        line,
      );
    if (isPromise) expect(proofs.length).toBeGreaterThan(0);
    for (const { file, titles } of proofs) {
      expect(titles.length).toBeGreaterThan(0);
      const tests = await read(file);
      for (const title of titles) expect(tests).toContain(title);
    }
  });
});

const PAGES = [
  "README.md",
  "src/README.md",
  "src/registry/PROVIDERS.md",
  "test/README.md",
  ".github/SECURITY.md",
];

test.each(PAGES)("every file and folder of ours that %s names is there", async (page) => {
  for (const [, path = ""] of (await read(page)).matchAll(/[`(](?:\.\.\/)*((?:src|test)\/[\w.*/-]+)[`)]/g)) {
    const found = await Array.fromAsync(
      new Bun.Glob(path.replace(/\/$/, "/*")).scan({ cwd: ROOT, onlyFiles: false }),
    );
    expect([path, found.length > 0]).toEqual([path, true]);
  }
});

test.each(["src", "test"])("the page of %s names every folder in it", async (folder) => {
  const page = await read(`${folder}/README.md`);
  for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
    if (entry.isDirectory()) expect(page).toContain(`\`${entry.name}/\``);
  }
});
