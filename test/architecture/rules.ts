/**
 * The rules of the house (ARCHITECTURE.md, "Rules the architecture test asserts"), each from sources to breaches.
 *
 * @module
 */
import { posix } from "node:path";
import type { Source } from "./source.ts";

/** A broken rule, as a sentence that starts with the path. */
type Breach = string;

/** Rooms from the ground up. The first pattern that matches a path is its room; a file may import its own room or a lower floor. */
const FLOORS: readonly (readonly [room: string, pattern: RegExp, floor: number])[] = [
  ["release", /^src\/release\//, 10],
  ["main", /^src\/(?:main|program)\.ts$/, 10],
  ["cli", /^src\/cli\//, 9],
  ["commands", /^src\/commands\//, 8],
  ["handout", /^src\/handout\//, 7],
  ["accounts", /^src\/accounts\//, 6],
  ["upgrade", /^src\/upgrade\//, 6],
  ["login", /^src\/login\//, 5],
  ["vault", /^src\/vault\//, 4],
  ["provider shape", /^src\/registry\/(?:schema|step_schema|provider|template|fixed_secrets)\.ts$/, 1],
  ["registry", /^src\/registry\//, 3],
  ["oauth", /^src\/oauth\//, 2],
  ["guarded fetch", /^src\/guarded_(?:fetch|download)\.ts$/, 1],
  ["terminal", /^src\/terminal\.ts$/, 1],
  ["ground", /^src\/[^/]+\.ts$/, 0],
];

/** Packages that live behind one door, and the door. */
const VENDOR_HOMES: readonly (readonly [vendor: RegExp, home: RegExp])[] = [
  [/^hono(?:\/|$)/, /^src\/(?:login\/callback[^/]*|handout\/token_endpoint)\.ts$/],
  [/^@clack\//, /^src\/login\/prompts[^/]*\.ts$/],
  [/^oauth4webapi$/, /^src\/oauth\//],
  [/^bun:sqlite$/, /^src\/vault\//],
  [/^(?:commander|@commander-js\/extra-typings)$/, /^src\/cli\//],
  [/^age-encryption$/, /^src\/vault\//],
  [/^jsonc-parser$/, /^src\/registry\/jsonc(?:_edit)?\.ts$/],
  [/^@cyclonedx\//, /^src\/release\/sbom\.ts$/],
  [/^uqr$/, /^src\/login\/qr_code\.ts$/],
  [/^fastest-levenshtein$/, /^src\/nearest\.ts$/],
];

/** Other ways to send a request than the guarded fetch. */
const SENDERS = /^(?:node:)?(?:http|https|http2)$|^undici$/;
const TERMINAL_IMPORTERS = /^src\/(?:login\/prompts[^/]*\.ts|commands\/.*|program\.ts|release\/release\.ts)$/;
const STREAM_HOLDERS: ReadonlySet<string> = new Set(["src/terminal.ts", "src/standard_output.ts"]);
const STREAMS = /^(?:console|(?:process|Bun)\.(?:stdin|stdout|stderr))$/;
const MOST_LINES = 300;
/** The first thing in the file is a comment that holds a sentence and then `@module`. */
const MODULE_HEADER = /^(?:#![^\n]*\n)?\/\*\*\s*\n\s*\* \S[^@]*@module\s*\n\s*\*\//;

/** Every breach of every rule. `providerIds` are the ids of the built-in registry. */
export function inspect(sources: readonly Source[], providerIds: readonly string[]): Breach[] {
  const ids = new Set(providerIds);
  return [
    ...sources.flatMap((source) => [
      ...upwardImports(source),
      ...strayVendors(source),
      ...terminalImports(source),
      ...strayGlobals(source),
      ...providerLiterals(source, ids),
      ...shape(source),
    ]),
    ...circles(sources),
  ];
}

function upwardImports(source: Source): Breach[] {
  const home = roomOf(source.path);
  if (home === undefined) return [`${source.path} is in no room of the house`];
  return localImports(source).flatMap((target) => {
    const room = roomOf(target);
    if (room === undefined || room.name === home.name || room.floor < home.floor) return [];
    return [`${source.path} (${home.name}) imports upward or sideways: ${target} (${room.name})`];
  });
}

function roomOf(path: string): { name: string; floor: number } | undefined {
  const found = FLOORS.find(([, pattern]) => pattern.test(path));
  return found && { name: found[0], floor: found[2] };
}

function localImports(source: Source): string[] {
  return source.imports
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(source.path), specifier));
}

function strayVendors({ path, imports }: Source): Breach[] {
  return imports.flatMap((specifier) => {
    if (specifier === "(computed)") return [`${path} imports a computed name, which no rule can see`];
    const home = VENDOR_HOMES.find(([vendor]) => vendor.test(specifier))?.[1];
    return home === undefined || home.test(path)
      ? []
      : [`${path} imports "${specifier}", whose home is ${home.source}`];
  });
}

function terminalImports(source: Source): Breach[] {
  if (TERMINAL_IMPORTERS.test(source.path) || !localImports(source).includes("src/terminal.ts")) return [];
  return [`${source.path} imports the terminal`];
}

function strayGlobals({ path, globals, imports }: Source): Breach[] {
  const breaches: Breach[] = [];
  const stream = globals.find((name) => STREAMS.test(name));
  if (stream !== undefined && !STREAM_HOLDERS.has(path)) breaches.push(`${path} touches a stream: ${stream}`);
  const sender = imports.find((specifier) => SENDERS.test(specifier));
  const sends = sender ?? (globals.includes("fetch") ? "fetch" : undefined);
  if (sends !== undefined && !/^src\/guarded_(?:fetch|download)\.ts$/.test(path)) {
    breaches.push(`${path} uses ${sends} past the guarded fetch`);
  }
  return breaches;
}

/** Words of a protocol that happen to be the id of a provider, each in the one file that speaks the protocol. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "src/login/page_headers.ts": ["close"], // RFC 9112 section 9.6
};

function providerLiterals({ path, literals }: Source, ids: ReadonlySet<string>): Breach[] {
  const named = literals.filter((literal) => ids.has(literal) && WORDS[path]?.includes(literal) !== true);
  return named.map((id) => `${path} names the provider "${id}"`);
}

function shape({ path, text, imports }: Source): Breach[] {
  const lines = text.trimEnd().split("\n").length;
  const bare = imports.find(
    (specifier) => specifier.startsWith(".") && !/\.(?:ts|json|sh|zsh|fish|ps1)$/.test(specifier),
  );
  return [
    ...(lines > MOST_LINES ? [`${path} has ${lines} lines: it is two ideas`] : []),
    ...(MODULE_HEADER.test(text) ? [] : [`${path} does not open with an @module comment`]),
    ...(bare === undefined ? [] : [`${path} imports "${bare}" without its .ts`]),
  ];
}

/** One breach for each circle, at the file where it closes. */
function circles(sources: readonly Source[]): Breach[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const breaches: Breach[] = [];
  for (const { path } of sources) follow(path, []);
  return breaches;

  function follow(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path);
    if (start >= 0) breaches.push(`${[...trail.slice(start), path].join(" -> ")} is a circle`);
    const source = byPath.get(path);
    if (start >= 0 || source === undefined || done.has(path)) return;
    for (const target of localImports(source)) follow(target, [...trail, path]);
    done.add(path);
  }
}
