/**
 * Takes the README apart: what it tells people to run or to write, and what it says.
 *
 * @module
 */

/** Something to run, in the README's own words. */
export interface Line {
  /** What names it: the command without its comment, a document in one line, or the first cell of a row. */
  readonly key: string;
  /** As it stands there; a comment below a command belongs to it. */
  readonly text: string;
}

/** A fenced block or a table. */
export interface Part {
  readonly kind: "sh" | "json" | "table";
  /** Its first command, its document in one line, or its head. */
  readonly name: string;
  readonly lines: readonly Line[];
}

/** The fenced blocks and tables, in order. */
export function partsOf(markdown: string): Part[] {
  const found = markdown.matchAll(/^```(?<language>\w*)\n(?<text>.*?)^```$|(?<table>(?:^\|[^\n]*\|\n)+)/gms);
  return [...found].map(({ groups = {} }) => {
    if (groups["table"] !== undefined) return readTable(groups["table"]);
    return readBlock(groups["language"] ?? "", groups["text"] ?? "");
  });
}

/** What stands outside of blocks and tables. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```\w*\n.*?^```$|^\|[^\n]*\|$|^\[\S+\]: \S+$/gms, "");
}

/** Every `code` outside of fenced blocks; a line break inside counts as a space. */
export function codeOf(markdown: string): string[] {
  const text = markdown.replaceAll(/^```\w*\n.*?^```$/gms, "");
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\n", " "));
}

/** The cells of a table's row. */
export function cellsOf(row: string): string[] {
  return row
    .replace(/^\|/, "")
    .replace(/\|$/, "")
    .split("|")
    .map((cell) => cell.trim());
}

function readBlock(language: string, text: string): Part {
  if (language === "json") {
    const key = text.trim().replaceAll(/\s+/g, " ");
    return { kind: "json", name: key, lines: [{ key, text }] };
  }
  if (language !== "sh") throw new Error(`The README has a block of "${language}", which nothing can run`);
  const lines: Line[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const last = lines.at(-1);
    if (line.startsWith("#") && last !== undefined)
      lines[lines.length - 1] = { ...last, text: `${last.text}\n${line}` };
    else lines.push({ key: line.replace(/\s+# .*$/, ""), text: line });
  }
  return { kind: "sh", name: lines[0]?.key ?? "", lines };
}

function readTable(text: string): Part {
  const [head = "", _rule, ...rows] = text.trimEnd().split("\n");
  const lines = rows.map((row) => ({ key: cellsOf(row)[0] ?? "", text: row }));
  return { kind: "table", name: cellsOf(head).join(" | "), lines };
}
