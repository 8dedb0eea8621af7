/**
 * `keyfob manual`: the man page, made from the command tree.
 *
 * @module
 */
import { BUILD } from "../version.ts";
import type { CommandNode } from "./command_tree.ts";
import type { Context } from "./context.ts";

/** Prints the page; `epilogue` is what the help says below its lists. */
export async function run(context: Context, tree: CommandNode, epilogue: string): Promise<void> {
  await context.terminal.data(manualPage(tree, epilogue));
}

/** The page in man(7) macros. */
export function manualPage(tree: CommandNode, epilogue: string): string {
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
    ".nf",
    ...epilogue.trim().split("\n").map(escape),
    ".fi",
    "",
  ].join("\n");
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
