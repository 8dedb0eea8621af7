/**
 * `keyfob complete`: what the word at the cursor may become, a line each. Hidden; the shells' scripts call it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { formatAccountName } from "../vault/account.ts";
import type { CommandNode } from "./command_tree.ts";
import type { Context } from "./context.ts";
import { METHODS } from "./login_flags.ts";
import { type Ask, ask, type Suggestion } from "./suggestions.ts";
import { harmless } from "../hostile_text.ts";

/** What a shell does by itself: it offers files. */
const FILES: Suggestion = { value: ":files", description: "" };

/** Kinds of values whose choices are known: what stands in `<…>` in the help. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  method: METHODS,
  format: ["config"],
  shell: ["bash", "zsh", "fish", "powershell"],
};
const FILE_KINDS: ReadonlySet<string> = new Set(["file", "folder", "path", "key-file"]);
const PROVIDER_KINDS: ReadonlySet<string> = new Set(["id", "provider"]);
const ACCOUNT_KINDS: ReadonlySet<string> = new Set(["account", "accounts", "old"]);

/** Prints `VALUE<TAB>DESCRIPTION` lines for the last of `words`, which is at the cursor. */
export async function run(context: Context, tree: CommandNode, words: readonly string[]): Promise<void> {
  const asked = ask(tree, words);
  const offered = [...asked.ready, ...(await valuesOf(context, asked))];
  const fitting = offered.filter(({ value }) => value === FILES.value || value.startsWith(asked.word));
  const lines = fitting.map(
    ({ value, description }) => `${asked.prefix}${value}\t${harmless(description, 80)}\n`,
  );
  await context.terminal.data(lines.join("").replaceAll(`${asked.prefix}${FILES.value}`, FILES.value));
}

async function valuesOf(context: Context, { kind, isLogin }: Ask): Promise<Suggestion[]> {
  if (kind === undefined) return [];
  if (FILE_KINDS.has(kind)) return [FILES];
  if (PROVIDER_KINDS.has(kind)) return providers(context);
  if (ACCOUNT_KINDS.has(kind)) {
    const known = await accounts(context);
    return isLogin ? [...known, ...(await providers(context))] : known;
  }
  return (CHOICES[kind] ?? []).map((value) => ({ value, description: "" }));
}

/** Whatever is wrong with the registry, a TAB is not the place to say it. */
async function providers({ services }: Context): Promise<Suggestion[]> {
  try {
    const registry = await services.registry();
    return registry.list().map(({ id, name }) => ({ value: id, description: name }));
  } catch {
    return [];
  }
}

/** The same for the vault, which a TAB never makes. */
async function accounts({ services, paths }: Context): Promise<Suggestion[]> {
  if (!existsSync(paths.vaultFile)) return [];
  try {
    const vault = await services.vault();
    return (await vault.list()).map(({ name, session }) => ({
      value: formatAccountName(name),
      description: session.display ?? "",
    }));
  } catch {
    return [];
  }
}
