/**
 * What `keyfob token` loads before it prints a stored token.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** The text of the program and of every part that is loaded with it, not on demand. */
async function loadedAtStart(): Promise<string> {
  const entry = join(ROOT, "src", "main.ts");
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    splitting: true,
    format: "esm",
  });
  const texts = new Map<string, string>();
  for (const output of outputs) texts.set(output.path.replace("./", ""), await output.text());
  const reached = new Set(["main.js"]);
  for (const name of reached) {
    const parts = texts.get(name)?.matchAll(/^(?:import|export)\b[^"'()]*["']\.\/([^"']+)["']/gm) ?? [];
    for (const [, part = ""] of parts) reached.add(part);
  }
  return Array.from(reached, (name) => texts.get(name) ?? "").join("\n");
}

test("a stored token costs nothing of the registry, its schema, or the prompts", async () => {
  const text = await loadedAtStart();
  expect(text).toContain("KEYFOB_TOKEN_");
  expect(text).not.toContain("oauth2.googleapis.com");
  expect(text).not.toContain("strictObject");
  expect(text).not.toContain("parseTree");
  expect(text).not.toContain("autocomplete");
});
