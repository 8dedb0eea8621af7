/**
 * Copying to the clipboard of the machine that the person sits at.
 *
 * @module
 */
import { withoutTokens } from "../handed_environment.ts";
import type { Context } from "./context.ts";

/** Copies `text` by OSC 52, and through tmux, which by default ignores that sequence from the programs inside it. */
export function copyText({ terminal, environment }: Context, text: string): void {
  terminal.copy(text);
  if (!environment["TMUX"]) return;
  const tmux = Bun.which("tmux", { PATH: environment["PATH"] ?? "" });
  if (tmux === null) return;
  try {
    // `-w` sends it on to the terminal around tmux (since tmux 3.2).
    const child = Bun.spawn([tmux, "load-buffer", "-w", "-"], {
      stdio: [Buffer.from(text), "ignore", "ignore"],
      env: withoutTokens(environment),
    });
    child.unref();
  } catch {
    // Without tmux's help the terminal may still have taken the sequence itself.
  }
}
