/**
 * Draws the README's picture from the real program: a login on a server, in a real terminal, as SVG.
 *
 * @module
 */
import { Terminal as Screen } from "@xterm/headless";
import { builtBinary } from "./drivers/build.ts";
import { publicEntry } from "./drivers/login.ts";
import { createSandbox, type Sandbox } from "./drivers/sandbox.ts";
import { Transcript } from "./drivers/transcript.ts";
import { startOidcServer } from "./servers/oidc.ts";
import { signIn } from "./servers/person.ts";

/** Where it goes; another place by an argument. */
const PICTURE = Bun.argv[2] ?? new URL("../.github/login.svg", import.meta.url).pathname;

const COLUMNS = 96;
const ROWS = 60;
/** Pixels of one character cell of the 14-pixel font. */
const CELL = { width: 8.4, height: 19 };
const MARGIN = 18;
/** Pixels of the bar above the text. */
const BAR = 34;

/** The sixteen colours, as SVG wants them; foreground first where none is set. */
const FOREGROUND = "#d5d8df";
const COLOURS: Readonly<Record<number, string>> = {
  0: "#3b4048",
  1: "#f28779",
  2: "#9fd189",
  3: "#e8c07d",
  4: "#7fb4f0",
  5: "#c8a0e8",
  6: "#7fd0d0",
  7: "#d5d8df",
  8: "#7a808c",
};

const screen = new Screen({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
await using server = await startOidcServer();
await using sandbox = await createSandbox({ SSH_CONNECTION: "203.0.113.7 52144 203.0.113.9 22", USER: "me" });
await sandbox.writeRegistry({ acme: { name: "Acme", ...publicEntry(server) } });

await show(
  sandbox,
  ["login", "acme", "--port", "8976"],
  [
    [/How do you want/, async () => "\x1b[B\r"],
    [/(https?:\S+\/auth\?\S+)[^]*Paste/, async (url) => `\x1b[200~${await signIn(url)}\x1b[201~`],
  ],
);
await show(sandbox, ["token", "acme"]);
await Bun.write(PICTURE, draw(screen));
console.log(PICTURE);

/** What to type once the program has written something; the first group of the pattern is handed over. */
type Reply = readonly [when: RegExp, keys: (found: string) => Promise<string>];

/** Runs one command on the screen. */
async function show(
  sandbox: Sandbox,
  args: readonly string[],
  replies: readonly Reply[] = [],
): Promise<void> {
  await write(`\x1b[32m$\x1b[0m keyfob ${args.join(" ")}\r\n`);
  const transcript = new Transcript((raw) => Bun.stripANSI(raw).replaceAll("\r", ""));
  let written = Promise.resolve();
  const child = Bun.spawn([await builtBinary(), ...args], {
    cwd: sandbox.workFolder,
    env: { ...sandbox.environment, TERM: "xterm-256color" },
    terminal: {
      cols: COLUMNS,
      rows: ROWS,
      data(_terminal, bytes) {
        const copy = bytes.slice();
        transcript.add(copy);
        written = written.then(() => write(copy));
      },
    },
  });
  for (const [when, keys] of replies) {
    const found = await transcript.waitFor(when);
    child.terminal?.write(await keys(found[1] ?? ""));
  }
  await child.exited;
  await Bun.sleep(100);
  await written;
  await write("\r\n");
}

function write(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => screen.write(data, resolve));
}

function draw({ buffer: { active } }: Screen): string {
  const lines = Array.from({ length: active.length }, (_, row) => drawLine(row));
  while (lines.at(-1) === "") lines.pop();
  const width = Math.round(COLUMNS * CELL.width + 2 * MARGIN);
  const height = Math.round(lines.length * CELL.height + BAR + 2 * MARGIN);
  const dots = ["#f28779", "#e8c07d", "#9fd189"].map(
    (fill, index) => `<circle cx="${22 + index * 20}" cy="18" r="6" fill="${fill}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="keyfob logging in on a server">
<rect width="${width}" height="${height}" rx="10" fill="#1c1f26"/>
${dots.join("")}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${FOREGROUND}" style="white-space:pre">
${lines.filter((line) => line !== "").join("\n")}
</g>
</svg>
`;
}

/** One line as runs of one style; an empty string for an empty line. */
function drawLine(row: number): string {
  const line = screen.buffer.active.getLine(row);
  if (line === undefined || line.translateToString(true) === "") return "";
  const runs: { text: string; style: string; column: number }[] = [];
  for (let column = 0; column < COLUMNS; column += 1) {
    const cell = line.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const last = runs.at(-1);
    if (last?.style === style) last.text += cell.getChars() || " ";
    else runs.push({ text: cell.getChars() || " ", style, column });
  }
  const y = Math.round(BAR + MARGIN + row * CELL.height);
  return runs
    .filter(({ text }) => text.trim() !== "")
    .map(
      ({ text, style, column }) =>
        `<text x="${(MARGIN + (column + indentation(text)) * CELL.width).toFixed(1)}" y="${y}"${style}>${escaped(text.trim())}</text>`,
    )
    .join("");
}

/** Spaces at the start: SVG viewers drop them. */
function indentation(text: string): number {
  return text.length - text.trimStart().length;
}

type Cell = NonNullable<
  ReturnType<NonNullable<ReturnType<Screen["buffer"]["active"]["getLine"]>>["getCell"]>
>;

function styleOf(cell: Cell): string {
  const colour = cell.isFgPalette() ? COLOURS[cell.getFgColor() % 16] : undefined;
  return [
    colour === undefined ? "" : ` fill="${colour}"`,
    cell.isBold() ? ' font-weight="bold"' : "",
    cell.isDim() ? ' opacity="0.65"' : "",
  ].join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
