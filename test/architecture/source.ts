/**
 * What the rules of the house need to know of one source file, read from its syntax tree.
 *
 * @module
 */
import { parseSync } from "oxc-parser";

/** A file before it is read. */
export interface SourceText {
  /** From the top of the repository, with slashes: `src/vault/store.ts`. */
  readonly path: string;
  readonly text: string;
}

/** What one file imports and says. */
export interface Source extends SourceText {
  /** Specifiers of every import: static, type, dynamic, re-export, `import("…").Type`, `require`. */
  readonly imports: readonly string[];
  /** Whole string literals, literal types and templates without placeholders; import specifiers are not among them. */
  readonly literals: readonly string[];
  /** Global names the file uses, such as `fetch`, `console`, `process.stdout`, `Bun.stdin`. */
  readonly globals: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Found {
  readonly imports: string[];
  readonly literals: string[];
  readonly globals: string[];
}

/** Objects whose members matter: `process.stdout` is a stream, `globalThis.fetch` is `fetch`. */
const HOLDERS = new Set(["process", "Bun", "globalThis", "self", "window", "global"]);
/** Names that matter on their own. */
const BARE = new Set(["fetch", "console"]);
const STATEMENTS = new Set(["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration"]);

/** Reads one file. A file that does not parse is an error. */
export function readSource({ path, text }: SourceText): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`Cannot parse "${path}": ${errors[0]?.message}`);
  const found: Found = { imports: [], literals: [], globals: [] };
  visit(program as unknown as Node, found);
  return { path, text, ...found };
}

/** `shadowed`: whether an enclosing function or block has a `fetch` of its own, handed in as an argument. */
function visit(node: Node, found: Found, shadowed = false): void {
  const inner = shadowed || bindsFetch(node);
  const isReference = node.type === "Identifier" && BARE.has(String(node["name"]));
  if (isReference && !(inner && node["name"] === "fetch")) found.globals.push(String(node["name"]));
  const skipped = note(node, found);
  for (const [field, value] of Object.entries(node)) {
    if (skipped.includes(field)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, found, inner);
    }
  }
}

function bindsFetch(node: Node): boolean {
  if (Array.isArray(node["params"])) return node["params"].some(patternBindsFetch);
  if (node.type !== "BlockStatement") return false;
  const declarations = (node["body"] as Node[]).filter(({ type }) => type === "VariableDeclaration");
  return declarations.some((declaration) =>
    (declaration["declarations"] as Node[]).some((declarator) => patternBindsFetch(declarator["id"])),
  );
}

function patternBindsFetch(pattern: unknown): boolean {
  if (!isNode(pattern)) return false;
  if (pattern.type === "Identifier") return pattern["name"] === "fetch";
  const parts = [
    pattern["properties"],
    pattern["elements"],
    pattern["value"],
    pattern["left"],
    pattern["argument"],
  ];
  return parts.flat().some(patternBindsFetch);
}

/** Notes what `node` itself says, and gives the fields that need no visit. */
function note(node: Node, found: Found): readonly string[] {
  if (STATEMENTS.has(node.type)) return noteStatement(node, found);
  switch (node.type) {
    case "ImportExpression":
    case "TSImportType":
      found.imports.push(literalOf(node["source"] ?? node["argument"]) ?? "(computed)");
      return ["source", "argument"];
    case "CallExpression":
      return noteRequire(node, found);
    case "Literal":
      if (typeof node["value"] === "string") found.literals.push(node["value"]);
      return [];
    case "TemplateLiteral":
      found.literals.push(...wholeTemplate(node));
      return [];
    case "MemberExpression":
      return noteMember(node, found);
    case "VariableDeclarator":
      noteDestructuring(node, found);
      return [];
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return node["computed"] === true || node["shorthand"] === true ? [] : ["key"];
    default:
      return [];
  }
}

function noteStatement(node: Node, found: Found): readonly string[] {
  const specifier = literalOf(node["source"]);
  if (specifier === undefined) return [];
  found.imports.push(specifier);
  if (specifier === "process" || specifier === "node:process" || specifier === "bun") {
    const holder = specifier === "bun" ? "Bun" : "process";
    for (const name of importedNames(node)) found.globals.push(globalName(holder, name));
  }
  return Object.keys(node);
}

function importedNames(node: Node): string[] {
  const specifiers = (node["specifiers"] ?? []) as Node[];
  return specifiers.map((specifier) => nameOf(specifier["imported"]) ?? "*");
}

function noteRequire(node: Node, found: Found): readonly string[] {
  if (nameOf(node["callee"]) !== "require") return [];
  const [argument] = node["arguments"] as unknown[];
  found.imports.push(literalOf(argument) ?? "(computed)");
  return ["arguments"];
}

function noteMember(node: Node, found: Found): readonly string[] {
  const property = node["computed"] === true ? literalOf(node["property"]) : nameOf(node["property"]);
  const holder = holderOf(node["object"]);
  if (holder !== undefined && property !== undefined) found.globals.push(globalName(holder, property));
  return node["computed"] === true ? [] : ["property"];
}

/** `process` of `process.stdout` and of `globalThis.process.stdout`. */
function holderOf(object: unknown): string | undefined {
  if (!isNode(object)) return undefined;
  const name = object.type === "MemberExpression" ? nameOf(object["property"]) : nameOf(object);
  return name !== undefined && HOLDERS.has(name) ? name : undefined;
}

function globalName(holder: string, property: string): string {
  if (holder === "process") return `process.${property}`;
  return holder === "Bun" && property !== "fetch" ? `Bun.${property}` : property;
}

/** `const { stdout } = process` uses `process.stdout`. */
function noteDestructuring(node: Node, found: Found): void {
  const holder = holderOf(node["init"]);
  const pattern = node["id"];
  if (holder === undefined || !isNode(pattern) || pattern.type !== "ObjectPattern") return;
  for (const property of pattern["properties"] as Node[]) {
    const name = nameOf(property["key"]);
    if (name !== undefined) found.globals.push(globalName(holder, name));
  }
}

function wholeTemplate(node: Node): string[] {
  const [first, ...more] = node["quasis"] as { value: { cooked: string | null } }[];
  return first !== undefined && more.length === 0 ? [first.value.cooked ?? ""] : [];
}

function literalOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "TSLiteralType") return literalOf(value["literal"]);
  if (value.type === "TemplateLiteral") return wholeTemplate(value)[0];
  return typeof value["value"] === "string" ? value["value"] : undefined;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && typeof value["name"] === "string" ? value["name"] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
