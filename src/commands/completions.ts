/**
 * `keyfob completions SHELL`: the shell's own script, which asks `keyfob complete` at every TAB.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import bash from "./completions/bash.sh" with { type: "text" };
import fish from "./completions/fish.fish" with { type: "text" };
import powershell from "./completions/powershell.ps1" with { type: "text" };
import zsh from "./completions/zsh.zsh" with { type: "text" };
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";

const SCRIPTS = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
  ["powershell", powershell],
]);

/** Parsed flags of `keyfob completions`. */
export interface CompletionsFlags {
  readonly shell: string;
  readonly json: boolean;
}

/**
 * Runs the command.
 *
 * @throws {UsageError} `bad_value`
 */
export async function run({ terminal }: Context, { shell, json }: CompletionsFlags): Promise<void> {
  const script = SCRIPTS.get(shell);
  if (script === undefined) throw unknownShell(shell);
  await terminal.data(json ? jsonLine({ shell, script }) : script);
}

function unknownShell(shell: string): UsageError {
  const guess = nearest(shell, SCRIPTS.keys());
  return new UsageError(`Cannot complete in "${shell}": it is none of ${[...SCRIPTS.keys()].join(", ")}`, {
    code: "bad_value",
    hint: guess === undefined ? "keyfob completions bash" : `did you mean keyfob completions ${guess}?`,
  });
}
