/**
 * The house stands as ARCHITECTURE.md draws it.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { inspect } from "./architecture/rules.ts";
import { readSource, type Source } from "./architecture/source.ts";

const ROOT = join(import.meta.dir, "..");
const IDS = ["acme", "google"];

async function readHouse(): Promise<Source[]> {
  const paths = await Array.fromAsync(new Bun.Glob("src/**/*.ts").scan(ROOT));
  const read = paths.map(async (path) => readSource({ path, text: await Bun.file(join(ROOT, path)).text() }));
  return await Promise.all(read);
}

async function builtInIds(): Promise<string[]> {
  const registry = (await Bun.file(join(ROOT, "src/registry/providers.json")).json()) as {
    providers: object;
  };
  return Object.keys(registry.providers);
}

/** The breaches of a house of a few files; each gets the header that every file needs. */
function breachesOf(files: Readonly<Record<string, string>>): string[] {
  const sources = Object.entries(files).map(([path, text]) =>
    readSource({ path, text: `/**\n * A seeded file.\n *\n * @module\n */\n${text}` }),
  );
  return inspect(sources, IDS);
}

test("the house keeps every rule", async () => {
  const [sources, ids] = await Promise.all([readHouse(), builtInIds()]);
  expect(ids).toContain("openai");
  expect(sources.length).toBeGreaterThan(20);
  expect(inspect(sources, ids)).toEqual([]);
});

describe("a seeded violation is seen:", () => {
  const oneFile: readonly (readonly [what: string, path: string, text: string, breach: string])[] = [
    [
      "an upward import",
      "src/oauth/a.ts",
      'import { b } from "../vault/b.ts";',
      "imports upward or sideways: src/vault/b.ts",
    ],
    [
      "an upward type import",
      "src/vault/a.ts",
      'import type { B } from "../login/b.ts";',
      "imports upward or sideways",
    ],
    [
      "an upward import type",
      "src/vault/a.ts",
      'export type B = import("../login/b.ts").B;',
      "imports upward or sideways",
    ],
    [
      "an upward dynamic import",
      "src/errors.ts",
      'await import("./oauth/b.ts");',
      "imports upward or sideways",
    ],
    [
      "an upward re-export",
      "src/registry/schema.ts",
      'export * from "./layers.ts";',
      "imports upward or sideways",
    ],
    [
      "a sideways import",
      "src/guarded_fetch.ts",
      'import { z } from "./registry/schema.ts";',
      "imports upward or sideways",
    ],
    [
      "a part of the release in the program",
      "src/commands/a.ts",
      'import { assemble } from "../release/assemble.ts";',
      "imports upward or sideways: src/release/assemble.ts (release)",
    ],
    ["an import of a computed name", "src/cli/a.ts", "await import(name);", "imports a computed name"],
    ["a file outside every room", "src/helpers/a.ts", "export {};", "is in no room"],
    [
      "an upward import of a handout",
      "src/accounts/a.ts",
      'import { b } from "../handout/b.ts";',
      "imports upward or sideways",
    ],
    ["hono in another handout", "src/handout/git.ts", 'import { Hono } from "hono";', 'imports "hono"'],
    ["hono outside the callback", "src/login/flow.ts", 'import { Hono } from "hono";', 'imports "hono"'],
    [
      "clack outside the prompts",
      "src/commands/a.ts",
      'import { text } from "@clack/prompts";',
      'imports "@clack/prompts"',
    ],
    [
      "oauth4webapi outside oauth",
      "src/accounts/a.ts",
      'import * as oauth from "oauth4webapi";',
      'imports "oauth4webapi"',
    ],
    ["SQLite outside the vault", "src/accounts/a.ts", 'await import("bun:sqlite");', 'imports "bun:sqlite"'],
    [
      "commander outside cli",
      "src/main.ts",
      'import type { Command } from "@commander-js/extra-typings";',
      "imports",
    ],
    [
      "the terminal in a use case",
      "src/accounts/a.ts",
      'import type { T } from "../terminal.ts";',
      "imports the terminal",
    ],
    ["the console", "src/vault/a.ts", 'console.log("x");', "touches a stream: console"],
    ["process.stdout", "src/main.ts", 'process.stdout.write("x");', "touches a stream: process.stdout"],
    [
      "process.stderr by index",
      "src/main.ts",
      'process["stderr"].write("x");',
      "touches a stream: process.stderr",
    ],
    [
      "a stream taken out of process",
      "src/main.ts",
      "const { stdin } = process;",
      "touches a stream: process.stdin",
    ],
    [
      "a stream imported",
      "src/main.ts",
      'import { stdout } from "node:process";',
      "touches a stream: process.stdout",
    ],
    ["Bun.stdin", "src/cli/a.ts", "await Bun.stdin.text();", "touches a stream: Bun.stdin"],
    ["fetch", "src/oauth/a.ts", 'await fetch("https://a.example");', "uses fetch past the guarded fetch"],
    ["fetch by another name", "src/oauth/a.ts", "const send = globalThis.fetch;", "uses fetch past"],
    ["fetch passed on", "src/oauth/a.ts", "use({ fetch });", "uses fetch past"],
    [
      "fetch beside a function that is handed one",
      "src/oauth/a.ts",
      "function f(fetch: F) { fetch(); }\nfetch();",
      "uses fetch past",
    ],
    [
      "the global fetch handed on as an argument",
      "src/oauth/a.ts",
      "function f({ fetch } = { fetch: globalThis.fetch }) { fetch(); }",
      "uses fetch past",
    ],
    [
      "another way to send",
      "src/oauth/a.ts",
      'import { request } from "node:https";',
      "uses node:https past",
    ],
    [
      "a provider named in a string",
      "src/login/a.ts",
      'if (id === "google") stop();',
      'names the provider "google"',
    ],
    [
      "a provider named in a type",
      "src/login/a.ts",
      'export type Known = "acme" | "other";',
      'names the provider "acme"',
    ],
    [
      "a provider named in a template",
      "src/login/a.ts",
      "export const id = `google`;",
      'names the provider "google"',
    ],
    ["a file of two ideas", "src/login/a.ts", "export {};\n".repeat(300), "it is two ideas"],
    ["an import without .ts", "src/login/a.ts", 'import { b } from "./b";', 'imports "./b" without its .ts'],
  ];

  test.each(oneFile)("%s", (_what, path, text, breach) => {
    const breaches = breachesOf({ [path]: text });
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toStartWith(path);
    expect(breaches[0]).toContain(breach);
  });

  test("a circle, through a type import too", () => {
    const breaches = breachesOf({
      "src/login/a.ts": 'import { b } from "./b.ts";',
      "src/login/b.ts": 'import type { C } from "./c.ts";',
      "src/login/c.ts": 'export { a } from "./a.ts";',
    });
    expect(breaches).toEqual([
      "src/login/a.ts -> src/login/b.ts -> src/login/c.ts -> src/login/a.ts is a circle",
    ]);
  });

  test("a file without its sentence", () => {
    const sources = [readSource({ path: "src/login/a.ts", text: "/**\n * @module\n */\nexport {};\n" })];
    expect(inspect(sources, IDS)).toEqual(["src/login/a.ts does not open with an @module comment"]);
  });
});

test("what only looks like a violation is let through", () => {
  const breaches = breachesOf({
    "src/login/callback.ts": 'import { Hono } from "hono";\nBun.serve({ fetch: new Hono().fetch });',
    "src/handout/token_endpoint.ts": 'import { Hono } from "hono";',
    "src/login/a.ts":
      'export const words = ["the google word", `${"x"}google`, { stdout: "pipe", fetch: 1 }];',
    "src/oauth/a.ts":
      'export function f(fetch: F) { return fetch("x"); }\nexport function g(context: C) { const { fetch } = context; return { fetch }; }',
    "src/vault/a.ts": 'import type { Attempt } from "../oauth/attempt.ts";\nimport { b } from "./b.ts";',
    "src/terminal.ts": "export const output = process.stderr;",
    "src/guarded_fetch.ts": "export const send = fetch;",
  });
  expect(breaches).toEqual([]);
});
