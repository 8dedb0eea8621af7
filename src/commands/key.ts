/**
 * `keyfob key show` and `keyfob rekey`: the keys of the vault.
 *
 * @module
 */
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";

/** Runs `keyfob key show`: the public key that other machines export to. */
export async function show(context: Context, flags: { readonly json: boolean }): Promise<void> {
  const key = await (await context.services.vault()).publicKey();
  await context.terminal.data(flags.json ? jsonLine({ key }) : `${key}\n`);
}

/** Parsed flags of `keyfob rekey`. */
export interface RekeyFlags {
  readonly to?: "file" | "keychain" | undefined;
  readonly keyFile?: string | undefined;
  readonly json: boolean;
}

/** Runs `keyfob rekey`: a new key, everything sealed anew. */
export async function rekey(context: Context, flags: RekeyFlags): Promise<void> {
  const { terminal, services } = context;
  const vault = await services.vault();
  const { keySource, records, advice } = await vault.rekey({ kind: flags.to, keyFile: flags.keyFile });
  if (flags.json) return terminal.data(jsonLine({ key_source: keySource, records, advice: advice ?? null }));
  terminal.say(
    `Sealed ${records} ${records === 1 ? "record" : "records"} anew with the ${keySource}`,
    "good",
  );
  if (advice !== undefined) terminal.say(`  ${advice}`, "warning");
}
