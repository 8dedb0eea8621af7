/**
 * The built binary in a real pseudo-terminal, with a real screen.
 *
 * @module
 */
import { Terminal as Screen } from "@xterm/headless";
import { builtBinary } from "./build.ts";
import type { Sandbox } from "./sandbox.ts";
import { Transcript } from "./transcript.ts";

/** Seconds after which a session is ended as hanging. */
const LONGEST_SESSION_SECONDS = 45;

/** How a terminal is set up. */
export interface SessionOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** A program that starts the binary: the binary and its arguments are appended. */
  readonly through?: readonly string[];
}

/** A program at work in a terminal. */
export interface Session extends AsyncDisposable {
  /** Everything written, in order, without control sequences. */
  readonly transcript: Transcript;
  /** The program's exit status. */
  readonly exited: Promise<number>;
  /** The lines on the screen now, as a person sees them, after those that scrolled off. */
  screen(): Promise<string>;
  /** The lines in sight: those of the screen without what scrolled off. */
  inSight(): Promise<string>;
  /** Whether the cursor is shown, line editing and echo are as at the start, and bracketed paste is off. */
  isRestored(): Promise<boolean>;
  /** Types keys; `\r` is Enter, `\x03` is ctrl-C. */
  type(keys: string): void;
  /** Pastes, in brackets where the program asked for them, as terminals do. */
  paste(text: string): Promise<void>;
  /** Closes the terminal, as when its window is closed. */
  hangUp(): void;
}

/** Starts the binary in a terminal of `columns` by `rows` (80 by 24). */
export async function startSession(
  sandbox: Sandbox,
  args: readonly string[],
  options: SessionOptions = {},
): Promise<Session> {
  const size = { cols: options.columns ?? 80, rows: options.rows ?? 24 };
  const screen = new Screen({ ...size, allowProposedApi: true });
  const transcript = new Transcript(plain);
  const written: { last: Promise<void> } = { last: Promise.resolve() };
  const child = Bun.spawn([...(options.through ?? []), await builtBinary(), ...args], {
    cwd: sandbox.workFolder,
    env: { ...sandbox.environment, TERM: "xterm-256color", ...options.environment },
    // Inline: a ready-made `Bun.Terminal` does not become the controlling terminal (oven-sh/bun#33237).
    terminal: {
      ...size,
      data: (_terminal, bytes) => {
        const copy = bytes.slice();
        transcript.add(copy);
        written.last = new Promise((resolve) => screen.write(copy, resolve));
      },
    },
    timeout: LONGEST_SESSION_SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  const { terminal } = child;
  if (terminal === undefined) throw new Error("The child has no terminal");
  // Read at once, before the program can have changed them.
  const flags = terminal.localFlags;
  const exited = finish(child.exited, transcript);
  return {
    transcript,
    exited,
    screen: async () => {
      await settle(written);
      return linesOf(screen);
    },
    inSight: async () => {
      await settle(written);
      return linesOf(screen, screen.buffer.active.baseY);
    },
    isRestored: async () => {
      await settle(written);
      return (
        terminal.localFlags === flags && !screen.modes.bracketedPasteMode && isCursorShown(transcript.raw)
      );
    },
    type: (keys) => void terminal.write(keys),
    paste: async (text) => {
      await settle(written);
      const lines = text.replaceAll("\n", "\r");
      terminal.write(screen.modes.bracketedPasteMode ? `\x1b[200~${lines}\x1b[201~` : lines);
    },
    hangUp: () => terminal.close(),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill("SIGKILL");
      await child.exited;
      terminal.close();
      screen.dispose();
    },
  };
}

/** The last words may arrive after the end of the program that wrote them. */
async function finish(exited: Promise<number>, transcript: Transcript): Promise<number> {
  const status = await exited;
  await Bun.sleep(50);
  transcript.end();
  return status;
}

/** Text without control sequences and carriage returns. */
function plain(raw: string): string {
  return Bun.stripANSI(raw).replaceAll("\r", "");
}

/** Waits until what has arrived is on the screen; what a program wrote last may still be on its way. */
async function settle(written: { last: Promise<void> }): Promise<void> {
  await Bun.sleep(20);
  await written.last;
}

function linesOf(screen: Screen, first = 0): string {
  const { active } = screen.buffer;
  const lines = Array.from(
    { length: active.length - first },
    (_, row) => active.getLine(first + row)?.translateToString(true) ?? "",
  );
  return lines.join("\n").trimEnd();
}

/** DECTCEM: the last of "show" (h) and "hide" (l) wins. */
function isCursorShown(raw: string): boolean {
  return raw.lastIndexOf("\x1b[?25l") <= raw.lastIndexOf("\x1b[?25h");
}
