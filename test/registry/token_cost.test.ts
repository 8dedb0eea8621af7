/**
 * What `keyfob token` loads before it prints a stored token.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** The text of the start, of the look at the store, and of every part that is loaded with them, not on demand. */
async function loadedForLook(): Promise<string> {
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
  const look = /import\("\.\/([^"]+)"\)\)\.printPlainToken/.exec(texts.get("main.js") ?? "")?.[1];
  reached.add(look ?? "the look is not loaded by main.js");
  for (const name of reached) {
    const parts = texts.get(name)?.matchAll(/^(?:import|export)\b[^"'()]*["']\.\/([^"']+)["']/gm) ?? [];
    for (const [, part = ""] of parts) reached.add(part);
  }
  return Array.from(reached, (name) => texts.get(name) ?? "").join("\n");
}

test("a stored token costs nothing of the program, the registry, its schema, the prompts, or Node's modules", async () => {
  const text = await loadedForLook();
  expect(text).toContain("KEYFOB_TOKEN_");
  expect(text.length).toBeLessThan(25_000);
  expect(text).not.toMatch(/from\s*["'](?:node:)?(?:fs|path|os|tty|net|crypto)["']/);
  expect(text).not.toContain("uncaughtException");
  expect(text).not.toContain("oauth2.googleapis.com");
  expect(text).not.toContain("strictObject");
  expect(text).not.toContain("parseTree");
  expect(text).not.toContain("autocomplete");
});
