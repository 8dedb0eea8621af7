/**
 * `keyfob manual`: the man page, made from the command tree.
 *
 * @module
 */
import { BUILD } from "../version.ts";
import type { CommandNode } from "./command_tree.ts";
import type { Context } from "./context.ts";
import { blocksOf, layNote } from "./help_layout.ts";
import { jsonLine } from "./json.ts";

/** Columns of examples, which man(1) does not fill: 80 less the margin. */
const EXAMPLE_COLUMNS = 72;

/** Prints the page. */
export async function run(
  { terminal }: Context,
  tree: CommandNode,
  { json }: { readonly json: boolean },
): Promise<void> {
  const manual = manualPage(tree);
  await terminal.data(json ? jsonLine({ manual }) : manual);
}

/** The page in man(7) macros. */
function manualPage(tree: CommandNode): string {
  const day = BUILD.date?.slice(0, 10) ?? "";
  return [
    `.TH ${tree.name.toUpperCase()} 1 "${day}" "${tree.name} ${BUILD.version}" "User Commands"`,
    ".SH NAME",
    `${tree.name} \\- ${escape(tree.description)}`,
    ".SH SYNOPSIS",
    `.B ${tree.name}`,
    escape(tree.usage),
    ".SH DESCRIPTION",
    "Every command takes",
    ".B \\-\\-json",
    "and then writes JSON only. Data goes to standard output, talk to standard error.",
    ".SH OPTIONS",
    ...options(tree),
    ".SH COMMANDS",
    ...tree.children.flatMap((child) => command(child, [tree.name])),
    ".SH NOTES",
    ...notes(tree),
    "",
  ].join("\n");
}

/** What the help says below its lists. */
function notes({ note }: CommandNode): string[] {
  return note === "" ? [] : blocksOf(note.trim()).flatMap(noteBlock);
}

/** Examples keep their lines; paragraphs are filled, one below the other. */
function noteBlock(block: string): string[] {
  if (block === "") return [".PP"];
  if (!block.startsWith(" ")) return [escape(block.replaceAll("\n", " "))];
  return [".nf", ...layNote(block, EXAMPLE_COLUMNS).split("\n").map(escape), ".fi"];
}

function command(node: CommandNode, parents: readonly string[]): string[] {
  const path = [...parents, node.name];
  if (node.children.length > 0) return node.children.flatMap((child) => command(child, path));
  return [
    `.SS ${escape(`${path.join(" ")} ${node.usage}`)}`,
    escape(sentence(node.description)),
    ...node.parameters
      .filter(({ description }) => description !== "")
      .flatMap(({ name, description }) => [".TP", `.I ${escape(name)}`, escape(description)]),
    ...options(node),
    ...(node.note === "" ? [] : [".PP", ...notes(node)]),
  ];
}

function options(node: CommandNode): string[] {
  return node.options.flatMap(({ flags, description }) => [
    ".TP",
    `.B ${escape(flags)}`,
    escape(description),
  ]);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Backslashes and dashes as they are, and no line that looks like a macro. */
function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/, "\\&");
}
