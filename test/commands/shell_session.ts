/**
 * A real shell in a pseudo-terminal, with the built binary in PATH: what a person sees when pressing TAB.
 *
 * @module
 */
import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import { Transcript } from "../drivers/transcript.ts";

/** A shell at its prompt. */
export interface ShellSession extends AsyncDisposable {
  readonly transcript: Transcript;
  /** Types keys as they are. */
  readonly type: (keys: string) => void;
  /** Runs `line` and waits for its end. */
  readonly run: (line: string) => Promise<void>;
  /** Types `line`, presses TAB, and waits for `shown` in what the shell then shows; the line is given up. */
  readonly complete: (line: string, shown: RegExp) => Promise<void>;
}

/** How a shell is started without anybody's settings. */
const SHELLS = {
  bash: ["bash", "--noprofile", "--norc", "-i"],
  zsh: ["zsh", "-f", "-i"],
  fish: ["fish", "--no-config", "--interactive"],
} as const;

/** Starts `shell` in the sandbox. */
export async function startShell(sandbox: Sandbox, shell: keyof typeof SHELLS): Promise<ShellSession> {
  const bin = join(sandbox.folder, "bin");
  await mkdir(bin, { recursive: true });
  await symlink(await builtBinary(), join(bin, "keyfob")).catch(() => {});
  const transcript = new Transcript((raw) =>
    Bun.stripANSI(raw).replaceAll("\r", "").replaceAll("\u0007", ""),
  );
  const child = Bun.spawn([...SHELLS[shell]], {
    cwd: sandbox.workFolder,
    env: {
      ...sandbox.environment,
      PATH: `${bin}:${dirname(Bun.which(shell) ?? "/usr/bin/x")}:/usr/bin:/bin`,
      TERM: "dumb",
      PS1: "ready> ",
    },
    terminal: { cols: 200, rows: 50, data: (_terminal, bytes) => transcript.add(bytes.slice()) },
    timeout: 45_000,
    killSignal: "SIGKILL",
  });
  const { terminal } = child;
  if (terminal === undefined) throw new Error("The child has no terminal");
  const type = (keys: string): void => void terminal.write(keys);
  let marks = 0;
  const run = async (line: string): Promise<void> => {
    marks += 1;
    type(`${line}; echo done-'${marks}'\r`);
    await transcript.waitFor(new RegExp(`^done-${marks}$`, "m"));
  };
  return {
    transcript,
    type,
    run,
    complete: async (line, shown) => {
      await run("true");
      type(`${line}\t`);
      await transcript.waitFor(shown);
      // ctrl-U empties the line, ctrl-C ends whatever menu is open.
      type("\x15\x03");
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      terminal.close();
    },
  };
}
